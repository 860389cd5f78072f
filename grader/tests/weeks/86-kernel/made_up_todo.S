# made_up_todo.S: given. todo(what): on the console of a program, without a
# stack; in a test's image ktest's own stands in its place.

    .weak   todo
todo:
    li      t0, 0x10000000
1:  lbu     t1, 0(a0)
    beqz    t1, 2f
    sb      t1, 0(t0)
    addi    a0, a0, 1
    j       1b
2:  li      t0, 0x100000
    li      t1, 0x13333
    sw      t1, 0(t0)
    j       .
