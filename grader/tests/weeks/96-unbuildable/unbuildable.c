/* unbuildable.c: nothing is wrong here. */
int unbuildable(void);

int unbuildable(void)
{
    return 0;
}
