/*
 * paging_test.c: the steps of week 22. Most tests run inside the kernel
 * (tests/kernel); here is their order, and what the host itself looks at.
 */
#include "lab.h"
#include "qemu.h"

#include "kernel/walker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE UINT64_C(4096)

/* What is the same on any number of harts; each step also has some that run on
 * 1 and on 4. */
#define one_hart(name) lab_kernel_test_with(name, .harts = 1)

/* ---- kalloc ---- */

one_hart(every_page_is_given_once);
one_hart(parts_of_pages_are_not_given);
one_hart(page_init_wants_memory);
one_hart(a_new_page_is_junk);
one_hart(a_zeroed_page_is_zeros);
one_hart(a_freed_page_is_junk);
one_hart(freed_pages_come_back);
one_hart(double_free_is_found);
one_hart(a_page_full_of_junk_is_not_free);
one_hart(foreign_pointers_are_refused);
one_hart(a_shared_page_is_freed_by_the_last_owner);
one_hart(owners_do_not_overflow);
lab_kernel_test(any_order_will_do);
one_hart(all_of_memory_is_given);

/* ---- walk ---- */

lab_kernel_test(three_levels_lead_to_a_page);
one_hart(a_pointer_may_have_g);
one_hart(physical_addresses_have_56_bits);
one_hart(a_leaf_of_level_1_is_2_mib);
one_hart(a_leaf_of_level_2_is_1_gib);
one_hart(addresses_are_canonical);
one_hart(an_entry_without_v_is_none);
one_hart(reserved_encodings_are_refused);
one_hart(a_pointer_at_level_0_leads_nowhere);
one_hart(misaligned_superpages_are_refused);
one_hart(rights_are_as_the_algorithm_has_them);
one_hart(what_may_only_be_executed_is_a_leaf);
one_hart(a_walk_changes_nothing);
one_hart(the_machine_agrees);

/* ---- map ---- */

one_hart(one_page_is_mapped);
one_hart(flags_are_those_that_were_asked_for);
one_hart(a_range_crosses_tables);
one_hart(the_upper_half_is_mapped_too);
one_hart(arguments_that_make_no_sense_are_refused);
one_hart(an_overlap_is_refused_whole);
one_hart(unmap_takes_what_is_there);
one_hart(empty_tables_go_back);
one_hart(no_memory_in_the_middle_loses_no_page);
lab_kernel_test(any_order_of_map_and_unmap);

/* ---- What QEMU itself sees ---- */

/* What has to be added to a physical address to read there. */
static uint64_t shift_of(struct machine *m)
{
    const char *memory = machine_memory(m, MACHINE_MEMORY, PAGE);

    return (uint64_t)(uintptr_t)memory - MACHINE_MEMORY;
}

static uint64_t pages_below(uint64_t shift, uint64_t table, unsigned level)
{
    uint64_t pages = 0;

    for (unsigned i = 0; i < 512; i++) {
        uint64_t entry = walker_table(shift, table)[i];
        if (!(entry & 1))
            continue;
        if (entry & WALKER_LEAF)
            pages += UINT64_C(1) << 9 * level;
        else if (level > 0)
            pages += pages_below(shift, walker_target(entry), level - 1);
    }
    return pages;
}

/* A line's rights, without A and D: those come as the machine goes. */
static void check_line(uint64_t shift, uint64_t root, uint64_t address,
                       uint64_t physical, const char *letters)
{
    static const char all[] = "rwxug";
    struct walked found = walker_find(shift, root, address);

    if (!found.mapped || found.physical != physical)
        lab_fail("QEMU has 0x%" PRIx64 " at 0x%" PRIx64 ", the tables %s "
                 "0x%" PRIx64,
                 address, physical, found.mapped ? "at" : "nowhere, at",
                 found.physical);
    for (unsigned i = 0; all[i] != '\0'; i++)
        if ((letters[i] == all[i]) != (found.entry >> (i + 1) & 1))
            lab_fail("QEMU has the rights %s for 0x%" PRIx64 ", its entry is "
                     "0x%" PRIx64,
                     letters, address, found.entry);
}

/* `info mem`: one line for each piece with the same rights. */
static void check_info_mem(struct machine *m, uint64_t root)
{
    const uint64_t shift = shift_of(m);
    const char *text = machine_monitor(m, "info mem");
    uint64_t pages = 0;

    for (const char *line = text; line != NULL && *line != '\0';) {
        uint64_t address, physical, bytes;
        char letters[16];
        if (sscanf(line, "%16" SCNx64 " %16" SCNx64 " %16" SCNx64 " %15s",
                   &address, &physical, &bytes, letters) == 4) {
            for (uint64_t at = 0; at < bytes; at += PAGE)
                check_line(shift, root, address + at, physical + at, letters);
            pages += bytes / PAGE;
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    lab_equal(pages, pages_below(shift, root, 2),
              "pages that QEMU's `info mem` lists, and that the tables have");
    lab_check(pages > 0, "some pages are mapped");
}

/* What answers ktest_host(): values[0] is the root. */
static uint64_t look(struct machine *m, const char *what,
                     const uint64_t values[2])
{
    (void)what;
    lab_note(
        "the host looks at the tables in memory, and at what QEMU makes of "
        "them (info mem)");
    check_info_mem(m, values[0]);
    return 0;
}

/* ---- kernel-map ---- */

lab_kernel_test(every_part_is_mapped_to_itself);
one_hart(nothing_else_is_mapped);
lab_kernel_test(the_machine_goes_on);
lab_kernel_test(every_hart_can_enter);
lab_kernel_test(the_machine_refuses_what_is_not_allowed);
one_hart(a_stack_that_grows_too_far_meets_its_guard);
one_hart(a_new_root_shares_the_kernels_tables);
one_hart(a_kernel_map_without_memory_loses_no_page);
one_hart(what_is_unmapped_is_forgotten);
one_hart(it_is_forgotten_before_its_release);
one_hart(each_is_forgotten_before_its_release);

STEP_TEST(qemu_agrees_about_the_kernels_table)
{
    machine_run(.test = "the_host_looks_at_the_kernels_table", .look = look);
}

/* ---- user ---- */

lab_kernel_test(a_program_asks_and_comes_back);
one_hart(registers_go_in);
lab_kernel_test(registers_come_out);
one_hart(the_kernels_registers_are_kept);
one_hart(the_kernels_traps_are_its_own_again);
one_hart(a_program_cannot_reach_the_kernel);
one_hart(a_program_cannot_do_the_kernels_work);
one_hart(sstatus_in_the_frame_is_not_looked_at);
lab_kernel_test(an_interrupt_ends_user_run);
one_hart(a_pending_interrupt_does_no_harm);
/* Really at the same time: with icount they would take long turns. */
lab_kernel_test_with(each_hart_runs_its_own_program, .harts = 4,
                     .real_time = true);

/* ---- demand ---- */

one_hart(regions_that_make_no_sense_are_refused);
one_hart(regions_share_no_page);
one_hart(the_page_below_a_stack_stays_empty);
one_hart(so_many_regions_and_no_more);
one_hart(a_touch_brings_one_page_of_zeros);
one_hart(a_page_that_is_there_is_not_given_again);
one_hart(what_no_region_allows_is_refused);
one_hart(no_memory_is_not_the_programs_fault);
one_hart(a_released_space_leaves_nothing_behind);
one_hart(a_space_needs_a_page);
one_hart(the_kernel_reads_and_writes_for_a_program);
one_hart(the_kernel_is_nobodys_deputy);
one_hart(copies_say_when_memory_is_out);
lab_kernel_test(a_program_gets_its_pages_as_it_goes);
one_hart(a_stack_grows_to_its_guard);
lab_kernel_test(a_bad_address_ends_the_program_alone);
one_hart(an_instruction_lies_over_a_page_border);
one_hart(memory_that_is_out_ends_the_program);
one_hart(an_ecall_is_answered_and_the_program_goes_on);
lab_kernel_test(a_program_that_never_ends_is_ended);
lab_kernel_test(interrupts_are_as_they_were_for_the_caller);
one_hart(a_fault_leaves_interrupts_as_they_were);
one_hart(two_spaces_are_two_worlds);

STEP_TEST(qemu_agrees_about_a_programs_space)
{
    machine_run(.test = "the_host_looks_at_a_programs_space", .look = look);
}

/* ---- program ---- */

one_hart(an_empty_tree_has_no_line);
lab_kernel_test(the_tree_shows_what_is_there);
one_hart(the_upper_half_has_canonical_addresses);
one_hart(neighbours_are_one_line);
one_hart(a_line_stays_within_its_table);
one_hart(a_and_d_part_no_line);
one_hart(an_entry_without_v_parts_a_line);
one_hart(larger_leaves_are_shown);

/* Type a command; what it prints, up to the next prompt. */
static const char *ask(struct machine *m, const char *command)
{
    machine_type(m, command);
    machine_expect(m, "\r\n"); /* its echo */
    return machine_expect(m, "> ");
}

static void expect_answer(struct machine *m, const char *command,
                          const char *part)
{
    const char *answer = ask(m, command);

    if (strstr(answer, part) == NULL)
        lab_same_text(answer, part,
                      "what it prints; this should be part of it");
}

static long pages_free(struct machine *m)
{
    long pages = -1;

    sscanf(ask(m, "vm pages\n"), "%ld", &pages);
    return pages;
}

/* The leaves of `vm tree` and those in memory are the same. */
static void check_tree(struct machine *m, const char *text, uint64_t from)
{
    const uint64_t shift = shift_of(m);
    uint64_t root = 0, pages = 0;

    lab_check(sscanf(text, "root 0x%" SCNx64, &root) == 1,
              "`vm tree` begins with the root");
    for (const char *line = strchr(text, '\n'); line != NULL;
         line = strchr(line + 1, '\n')) {
        uint64_t begin, last, physical;
        char letters[16];
        if (sscanf(line,
                   " [%*[ 0-9]] 0x%" SCNx64 " to 0x%" SCNx64 " at 0x%" SCNx64
                   " %15[^,]",
                   &begin, &last, &physical, letters) != 4)
            continue;
        lab_check(begin >= from, "no line is below 0x%" PRIx64, from);
        for (uint64_t at = begin; at < last; at += PAGE)
            check_line(shift, root, at, physical + at - begin, letters + 1);
        pages += (last + 1 - begin) / PAGE;
    }
    uint64_t kernels = from == 0 ? 0 : pages_below(shift, root, 2);
    for (unsigned i = 64; i < 256 && from > 0; i++) {
        uint64_t entry = walker_table(shift, root)[i];
        if (entry & 1)
            kernels -= pages_below(shift, walker_target(entry), 1);
    }
    lab_equal(pages, pages_below(shift, root, 2) - kernels,
              "pages in the lines of `vm tree`");
}

static void boot(struct machine *m, unsigned harts)
{
    machine_start(m, .program = "vm", .harts = harts);
    machine_expect(m, "paging is on");
    machine_expect(m, "> ");
}

STEP_TEST(the_monitor_shows_the_kernels_table)
{
    for (unsigned harts = 1; harts <= 4; harts += 3) {
        struct machine m;
        boot(&m, harts);
        check_tree(&m, ask(&m, "vm tree\n"), 0);
        expect_answer(&m, "vm walk 0x80000000\n", "not valid");
        expect_answer(&m, "vm walk 0x10000000 store\n", "granted: level 0");
        expect_answer(&m, "vm walk 0x10000000 fetch\n", "not permitted");
        expect_answer(&m, "read 0\n", "bad address");
        expect_answer(&m, "vm tree program\n", "there is no program");
        expect_answer(&m, "vm pages now\n", "usage: vm pages");
        machine_release(&m);
    }
}

STEP_TEST(programs_run_and_end)
{
    for (unsigned harts = 1; harts <= 4; harts += 3) {
        struct machine m;
        boot(&m, harts);
        long free = pages_free(&m);
        expect_answer(&m, "vm run hello\n",
                      "hello from user mode\r\nended with 0\r\n");
        expect_answer(&m, "vm run touch 300\n", "ended with 0\r\n");
        check_tree(&m, ask(&m, "vm tree program\n"), UINT64_C(1) << 36);
        expect_answer(&m, "vm run deep 255\n", "ended with 0\r\n");
        ask(&m, "vm drop\n");
        lab_equal(pages_free(&m), free, "pages that are free after `vm drop`");
        machine_release(&m);
    }
}

STEP_TEST(bad_programs_end_alone)
{
    struct machine m;

    boot(&m, 1);
    expect_answer(&m, "vm run deep 256\n",
                  "ended: store page fault, address "
                  "0x3ffffb");
    expect_answer(&m, "vm run peek 0x80002000\n",
                  "ended: load page fault, address 0x80002000");
    expect_answer(&m, "vm run poke\n",
                  "ended: store page fault, address 0x1000000000");
    expect_answer(&m, "vm run jump 0x2000000000\n",
                  "ended: instruction page fault, address 0x2000000000");
    expect_answer(&m, "vm run leak 0x80002000\n", "ended with 14\r\n");
    expect_answer(&m, "vm run hello\n", "hello from user mode\r\n");
    machine_release(&m);
}

/* An interrupt reaches the console while a program runs. */
STEP_TEST(control_c_ends_a_program)
{
    struct machine m;

    boot(&m, 1);
    machine_type(&m, "vm run loop\n");
    machine_expect(&m, "on and on\r\n");
    machine_type(&m, "\003");
    machine_expect(&m, "ended: interrupted");
    machine_expect(&m, "> ");
    expect_answer(&m, "vm run hello\n", "hello from user mode\r\n");
    machine_release(&m);
}

/* ---- superpages ---- */

one_hart(two_mib_are_one_leaf);
one_hart(large_only_where_it_is_aligned);
one_hart(an_overlap_with_a_superpage_is_refused);
one_hart(a_partial_unmap_splits);
one_hart(a_split_keeps_all_flags);
one_hart(a_superpage_with_its_own_table_is_split);
one_hart(one_split_takes_one_page);
one_hart(a_split_without_memory_changes_nothing);
one_hart(a_block_is_512_pages_in_a_row);
one_hart(blocks_and_pages_share_one_memory);
one_hart(a_few_pages_leave_blocks_whole);
lab_kernel_test(a_large_region_gets_2_mib_at_a_touch);
one_hart(where_2_mib_do_not_fit_it_is_4_kib);
one_hart(no_block_left_is_no_reason_to_fail);
one_hart(a_block_without_tables_is_pages);
one_hart(a_part_of_a_block_goes_back);

STEP_TEST(qemu_agrees_about_superpages)
{
    machine_run(.test = "the_host_looks_at_superpages", .look = look);
}

/* ---- tlb ---- */

one_hart(protect_changes_rights_and_nothing_else);
one_hart(protect_refuses_whole);
lab_kernel_test(what_may_no_longer_be_written_is_not);
one_hart(each_page_is_forgotten_by_itself);
one_hart(what_may_no_longer_be_executed_is_not);
one_hart(what_may_be_written_again_is);
one_hart(another_frame_is_seen_at_once);
one_hart(an_entry_that_leads_to_its_own_table);
one_hart(parts_of_2_mib_and_all_of_it_are_protected);
one_hart(protect_without_memory_changes_nothing);
one_hart(a_program_loses_a_right_while_it_runs);

static void register_kalloc(void)
{
    lab_step("kalloc");
    lab_test(every_page_is_given_once);
    lab_test(parts_of_pages_are_not_given);
    lab_test(page_init_wants_memory);
    lab_test(a_new_page_is_junk);
    lab_test(a_zeroed_page_is_zeros);
    lab_test(a_freed_page_is_junk);
    lab_test(freed_pages_come_back);
    lab_test(double_free_is_found);
    lab_test(a_page_full_of_junk_is_not_free);
    lab_test(foreign_pointers_are_refused);
    lab_test(a_shared_page_is_freed_by_the_last_owner);
    lab_test(owners_do_not_overflow);
    lab_test(any_order_will_do);
    lab_test(all_of_memory_is_given);
}

static void register_walk(void)
{
    lab_step("walk");
    lab_test(three_levels_lead_to_a_page);
    lab_test(a_pointer_may_have_g);
    lab_test(physical_addresses_have_56_bits);
    lab_test(a_leaf_of_level_1_is_2_mib);
    lab_test(a_leaf_of_level_2_is_1_gib);
    lab_test(addresses_are_canonical);
    lab_test(an_entry_without_v_is_none);
    lab_test(reserved_encodings_are_refused);
    lab_test(a_pointer_at_level_0_leads_nowhere);
    lab_test(misaligned_superpages_are_refused);
    lab_test(rights_are_as_the_algorithm_has_them);
    lab_test(what_may_only_be_executed_is_a_leaf);
    lab_test(a_walk_changes_nothing);
    lab_test(the_machine_agrees);
}

static void register_map(void)
{
    lab_step("map");
    lab_test(one_page_is_mapped);
    lab_test(flags_are_those_that_were_asked_for);
    lab_test(a_range_crosses_tables);
    lab_test(the_upper_half_is_mapped_too);
    lab_test(arguments_that_make_no_sense_are_refused);
    lab_test(an_overlap_is_refused_whole);
    lab_test(unmap_takes_what_is_there);
    lab_test(empty_tables_go_back);
    lab_test(no_memory_in_the_middle_loses_no_page);
    lab_test(any_order_of_map_and_unmap);
}

static void register_kernel_map(void)
{
    lab_step("kernel-map");
    lab_test(every_part_is_mapped_to_itself);
    lab_test(nothing_else_is_mapped);
    lab_test(the_machine_goes_on);
    lab_test(every_hart_can_enter);
    lab_test(the_machine_refuses_what_is_not_allowed);
    lab_test(a_stack_that_grows_too_far_meets_its_guard);
    lab_test(a_new_root_shares_the_kernels_tables);
    lab_test(a_kernel_map_without_memory_loses_no_page);
    lab_test(what_is_unmapped_is_forgotten);
    lab_test(it_is_forgotten_before_its_release);
    lab_test(each_is_forgotten_before_its_release);
    lab_test(qemu_agrees_about_the_kernels_table);
}

static void register_user(void)
{
    lab_step("user");
    lab_test(a_program_asks_and_comes_back);
    lab_test(registers_go_in);
    lab_test(registers_come_out);
    lab_test(the_kernels_registers_are_kept);
    lab_test(the_kernels_traps_are_its_own_again);
    lab_test(a_program_cannot_reach_the_kernel);
    lab_test(a_program_cannot_do_the_kernels_work);
    lab_test(sstatus_in_the_frame_is_not_looked_at);
    lab_test(an_interrupt_ends_user_run);
    lab_test(a_pending_interrupt_does_no_harm);
    lab_test(each_hart_runs_its_own_program);
}

static void register_demand(void)
{
    lab_step("demand");
    lab_test(regions_that_make_no_sense_are_refused);
    lab_test(regions_share_no_page);
    lab_test(the_page_below_a_stack_stays_empty);
    lab_test(so_many_regions_and_no_more);
    lab_test(a_touch_brings_one_page_of_zeros);
    lab_test(a_page_that_is_there_is_not_given_again);
    lab_test(what_no_region_allows_is_refused);
    lab_test(no_memory_is_not_the_programs_fault);
    lab_test(a_released_space_leaves_nothing_behind);
    lab_test(a_space_needs_a_page);
    lab_test(the_kernel_reads_and_writes_for_a_program);
    lab_test(the_kernel_is_nobodys_deputy);
    lab_test(copies_say_when_memory_is_out);
    lab_test(a_program_gets_its_pages_as_it_goes);
    lab_test(a_stack_grows_to_its_guard);
    lab_test(a_bad_address_ends_the_program_alone);
    lab_test(an_instruction_lies_over_a_page_border);
    lab_test(memory_that_is_out_ends_the_program);
    lab_test(an_ecall_is_answered_and_the_program_goes_on);
    lab_test(a_program_that_never_ends_is_ended);
    lab_test(interrupts_are_as_they_were_for_the_caller);
    lab_test(a_fault_leaves_interrupts_as_they_were);
    lab_test(two_spaces_are_two_worlds);
    lab_test(qemu_agrees_about_a_programs_space);
}

static void register_program(void)
{
    lab_step("program");
    lab_test(an_empty_tree_has_no_line);
    lab_test(the_tree_shows_what_is_there);
    lab_test(the_upper_half_has_canonical_addresses);
    lab_test(neighbours_are_one_line);
    lab_test(a_line_stays_within_its_table);
    lab_test(a_and_d_part_no_line);
    lab_test(an_entry_without_v_parts_a_line);
    lab_test(larger_leaves_are_shown);
    lab_test(the_monitor_shows_the_kernels_table);
    lab_test(programs_run_and_end);
    lab_test(bad_programs_end_alone);
    lab_test(control_c_ends_a_program);
}

static void register_superpages(void)
{
    lab_step("superpages");
    lab_test(two_mib_are_one_leaf);
    lab_test(large_only_where_it_is_aligned);
    lab_test(an_overlap_with_a_superpage_is_refused);
    lab_test(a_partial_unmap_splits);
    lab_test(a_split_keeps_all_flags);
    lab_test(a_superpage_with_its_own_table_is_split);
    lab_test(one_split_takes_one_page);
    lab_test(a_split_without_memory_changes_nothing);
    lab_test(a_block_is_512_pages_in_a_row);
    lab_test(blocks_and_pages_share_one_memory);
    lab_test(a_few_pages_leave_blocks_whole);
    lab_test(a_large_region_gets_2_mib_at_a_touch);
    lab_test(where_2_mib_do_not_fit_it_is_4_kib);
    lab_test(no_block_left_is_no_reason_to_fail);
    lab_test(a_block_without_tables_is_pages);
    lab_test(a_part_of_a_block_goes_back);
    lab_test(qemu_agrees_about_superpages);
}

static void register_tlb(void)
{
    lab_step("tlb");
    lab_test(protect_changes_rights_and_nothing_else);
    lab_test(protect_refuses_whole);
    lab_test(what_may_no_longer_be_written_is_not);
    lab_test(each_page_is_forgotten_by_itself);
    lab_test(what_may_no_longer_be_executed_is_not);
    lab_test(what_may_be_written_again_is);
    lab_test(another_frame_is_seen_at_once);
    lab_test(an_entry_that_leads_to_its_own_table);
    lab_test(parts_of_2_mib_and_all_of_it_are_protected);
    lab_test(protect_without_memory_changes_nothing);
    lab_test(a_program_loses_a_right_while_it_runs);
}

int main(int argc, char **argv)
{
    register_kalloc();
    register_walk();
    register_map();
    register_kernel_map();
    register_user();
    register_demand();
    register_program();
    register_superpages();
    register_tlb();
    return lab_main(argc, argv);
}
