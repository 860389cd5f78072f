# kind-bpf.mk: a week whose code is loaded into the kernel. The rules arrive
# with week 18: NAME.bpf.c by clang -target bpf with BTF, a skeleton by
# bpftool, the user-space side and the tests as in kind-host.mk.
$(error weeks of kind bpf can't be built yet; they begin with week 18)
