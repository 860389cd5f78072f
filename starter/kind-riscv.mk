# kind-riscv.mk: a week whose code is a RISC-V kernel. The rules arrive with
# week 21: a freestanding image by any riscv64 gcc, one a week; the test
# program is a host program that starts qemu-system-riscv64.
$(error weeks of kind riscv can't be built yet; they begin with week 21)
