/*
 * qemu_image.c: ELF files of kernels: what goes into the machine's memory, and
 * the names in it.
 *
 * The file comes from our own linker, so that what it says is taken as it is,
 * but for addresses outside of the machine's memory.
 */
#include "qemu_internal.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern const unsigned char ktest_machine_elf[], ktest_machine_elf_end[];

/* ---- Files ---- */

static const unsigned char *map_file(struct lab_where where, const char *path,
                                     size_t *len)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1 || fstat(fd, &info) == -1)
        lab_fail_at(where, "there is no %s: %s", path, lab_errno_text(errno));
    void *data =
        mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        lab_fail_at(where, "the test's own mmap(): %s", lab_errno_text(errno));
    close(fd);
    *len = (size_t)info.st_size;
    return data;
}

struct machine_image *image_open(struct lab_where where, const char *path)
{
    struct machine_image *image = calloc(1, sizeof *image);

    image->path = strdup(path);
    image->data = map_file(where, path, &image->len);
    if (image->len < sizeof(Elf64_Ehdr) ||
        memcmp(image->data, ELFMAG, SELFMAG) != 0)
        lab_fail_at(where, "%s is no ELF file", path);
    return image;
}

void image_close(struct machine_image *image)
{
    if (image == NULL)
        return;
    munmap((void *)image->data, image->len);
    free(image->path);
    free(image);
}

/* ---- Segments ---- */

/* The machine has more memory than the kernel: the rest is ktest's. */
static unsigned char *place_of(unsigned char *memory, const Elf64_Phdr *segment)
{
    uint64_t size = (uint64_t)KTEST_MEMORY_MB << 20;
    uint64_t offset = segment->p_paddr - MACHINE_MEMORY;

    if (offset >= size || segment->p_memsz > size - offset)
        return NULL;
    return memory + offset;
}

static bool load(const unsigned char *data, unsigned char *memory,
                 bool clear_bss)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)data;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(data + head->e_phoff);

    for (unsigned i = 0; i < head->e_phnum; i++) {
        const Elf64_Phdr *segment = &segments[i];
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0)
            continue;
        unsigned char *to = place_of(memory, segment);
        if (to == NULL)
            return false;
        memcpy(to, data + segment->p_offset, segment->p_filesz);
        if (clear_bss)
            memset(to + segment->p_filesz, 0,
                   segment->p_memsz - segment->p_filesz);
    }
    return true;
}

void image_load(struct lab_where where, const struct machine_image *image,
                unsigned char *memory, bool clear_bss)
{
    if (!load(image->data, memory, clear_bss))
        lab_fail_at(where, "%s: linked for addresses that are no memory",
                    image->path);
}

void image_load_machine_part(unsigned char *memory)
{
    load(ktest_machine_elf, memory, true);
}

/* ---- Symbols ---- */

struct symbols {
    const Elf64_Sym *list;
    size_t count;
    const char *names;
};

static struct symbols symbols_of(const struct machine_image *image)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)image->data;
    const Elf64_Shdr *sections =
        (const Elf64_Shdr *)(image->data + head->e_shoff);

    for (unsigned i = 0; i < head->e_shnum; i++)
        if (sections[i].sh_type == SHT_SYMTAB) {
            const Elf64_Shdr *names = &sections[sections[i].sh_link];
            return (struct symbols){
                (const Elf64_Sym *)(image->data + sections[i].sh_offset),
                sections[i].sh_size / sizeof(Elf64_Sym),
                (const char *)image->data + names->sh_offset};
        }
    return (struct symbols){0};
}

/* A global one, or else one of any file's. */
bool image_symbol(const struct machine_image *image, const char *name,
                  uint64_t *address)
{
    struct symbols symbols = symbols_of(image);
    bool found = false;

    for (size_t i = 0; i < symbols.count; i++) {
        const Elf64_Sym *symbol = &symbols.list[i];
        bool local = ELF64_ST_BIND(symbol->st_info) == STB_LOCAL;
        if (symbol->st_shndx == SHN_UNDEF || (found && local) ||
            strcmp(symbols.names + symbol->st_name, name) != 0)
            continue;
        *address = symbol->st_value;
        found = true;
    }
    return found;
}

/* Labels of the assembler's own, and marks of what is code, name nothing. */
static bool names_code(const struct machine_image *image,
                       const struct symbols *symbols, const Elf64_Sym *symbol)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)image->data;
    const Elf64_Shdr *sections =
        (const Elf64_Shdr *)(image->data + head->e_shoff);
    const char *name = symbols->names + symbol->st_name;
    unsigned type = ELF64_ST_TYPE(symbol->st_info);

    return (type == STT_FUNC || type == STT_NOTYPE) && name[0] != '\0' &&
           name[0] != '$' && name[0] != '.' &&
           symbol->st_shndx < head->e_shnum && symbol->st_shndx != SHN_UNDEF &&
           (sections[symbol->st_shndx].sh_flags & SHF_EXECINSTR) != 0;
}

static bool in_code(const struct machine_image *image, uint64_t address)
{
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)image->data;
    const Elf64_Shdr *sections =
        (const Elf64_Shdr *)(image->data + head->e_shoff);

    for (unsigned i = 0; i < head->e_shnum; i++)
        if ((sections[i].sh_flags & SHF_EXECINSTR) != 0 &&
            address - sections[i].sh_addr < sections[i].sh_size)
            return true;
    return false;
}

const char *image_function(const struct machine_image *image, uint64_t address,
                           uint64_t *offset)
{
    struct symbols symbols = symbols_of(image);
    const Elf64_Sym *best = NULL;

    if (!in_code(image, address))
        return NULL;
    for (size_t i = 0; i < symbols.count; i++) {
        const Elf64_Sym *symbol = &symbols.list[i];
        if (symbol->st_value <= address &&
            (best == NULL || symbol->st_value > best->st_value) &&
            names_code(image, &symbols, symbol))
            best = symbol;
    }
    if (best == NULL)
        return NULL;
    *offset = address - best->st_value;
    return symbols.names + best->st_name;
}
