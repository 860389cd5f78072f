/* untested.c: nothing is wrong here. */
int untested(void);

int untested(void)
{
    return 0;
}
