/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may stand in the place of a word. The shells' scripts only ask, `mkimage completion words`:
 * all that they know comes from the tables of commands and options, so that they can't differ.
 */
#include "base/arch.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "harden/rule.h"
#include "report/audit.h"
#include "report/night.h"

/* ---- scripts -------------------------------------------------------------------------------- */

/* The assembler brings the files in as they are; the Makefile says that this depends on them. */
#define SCRIPT(shell)                                             \
    __asm__(".pushsection .rodata.completion_" #shell ", \"a\"\n" \
            ".global completion_" #shell "\n"                     \
            "completion_" #shell ":\n"                            \
            ".incbin \"builder/cmd/completion." #shell "\"\n"     \
            ".byte 0\n"                                           \
            ".popsection\n");                                     \
    extern const char completion_##shell[]

SCRIPT(bash);
SCRIPT(zsh);
SCRIPT(fish);

static const struct {
    const char *shell, *script;
} scripts[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};

/* ---- answers -------------------------------------------------------------------------------- */

/* A word that is asked for: [word, rest) is settled, as "--format=" or "oci:". */
struct asked {
    const struct command *command;
    const char *word, *rest;
    struct buf *ret;
};

/* A line: the word, a tab, what it is. */
static void offer(const struct asked *a, const char *word, const char *help)
{
    if (starts_with(word, a->rest))
        text_addf(a->ret, "%.*s%s", (int)(a->rest - a->word), a->word, word);
    else
        return;
    buf_addch(a->ret, '\t');
    text_addf(a->ret, "%s\n", help);
}

/* What the shell knows better, behind what is settled. */
static void leave(const struct asked *a, const char *what)
{
    buf_addf(a->ret, "%s\t", what);
    text_addf(a->ret, "%.*s\n", (int)(a->rest - a->word), a->word);
}

static void add_nothing(struct asked *a)
{
    (void)a;
}

static void add_files(struct asked *a)
{
    leave(a, ":files");
}

static void add_directories(struct asked *a)
{
    leave(a, ":directories");
}

static void add_programs(struct asked *a)
{
    leave(a, ":programs");
}

static void add_commands(struct asked *a)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        offer(a, command_table[i].name, command_table[i].summary);
}

static void add_rules(struct asked *a)
{
    rule_each (r)
        offer(a, r->id, r->title);
}

static void add_shells(struct asked *a)
{
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
        offer(a, scripts[i].shell, "");
}

static void add_formats(struct asked *a)
{
    offer(a, "text", "for people");
    offer(a, "json", "for programs");
}

static void add_audit_formats(struct asked *a)
{
    for (size_t i = 0; i < n_audit_formats; i++)
        offer(a, audit_formats[i].name, "");
}

static void add_night_formats(struct asked *a)
{
    for (size_t i = 0; i < n_night_formats; i++)
        offer(a, night_formats[i], "");
}

static void add_severities(struct asked *a)
{
    for (enum severity s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
        offer(a, severity_name(s), "");
}

/* Several, separated by commas. */
static void add_arches(struct asked *a)
{
    size_t n;
    const struct arch *all = arch_all(&n);
    const char *comma = strrchr(a->rest, ',');

    a->rest = comma ? comma + 1 : a->rest;
    for (size_t i = 0; i < n; i++)
        offer(a, all[i].name, all[i].triplet);
}

static void add_locations(struct asked *a)
{
    for (enum transport t = TRANSPORT_OCI; t <= TRANSPORT_DOCKER; t++) {
        CLEANUP(free_ptr)
        char *start = xasprintf("%s:%s", transport_name(t), t == TRANSPORT_DOCKER ? "//" : "");
        if (starts_with(a->rest, start)) {
            a->rest += strlen(start);
            if (t != TRANSPORT_DOCKER)
                add_files(a);
            return;
        }
    }
    for (enum transport t = TRANSPORT_OCI; t <= TRANSPORT_DOCKER; t++) {
        CLEANUP(free_ptr)
        char *start = xasprintf("%s:%s", transport_name(t), t == TRANSPORT_DOCKER ? "//" : "");
        offer(a, start, "");
    }
}

/* Each name of an argument in the tables of commands and options has a row; the first one whose
 * option is the one that is asked about counts ("": an argument of a command). */
static const struct {
    const char *argument;
    const char *option; /* or NULL: any, and none */
    unsigned commands;
    void (*add)(struct asked *a);
} answers[] = {
    {"COMMAND", "", CMD_ALL, add_commands},
    {"COMMAND", NULL, CMD_ALL, add_programs},
    {"DIR", NULL, CMD_ALL, add_directories},
    {"FILE", NULL, CMD_ALL, add_files},
    {"FORMAT", "report-format", CMD_ALL, add_night_formats},
    {"FORMAT", NULL, CMD_AUDIT, add_audit_formats},
    {"FORMAT", NULL, CMD_ALL, add_formats},
    {"FROM", NULL, CMD_ALL, add_locations},
    {"HOST", NULL, CMD_ALL, add_nothing},
    {"HOST[:PORT]", NULL, CMD_ALL, add_nothing},
    {"LIST", NULL, CMD_ALL, add_arches},
    {"LOCATION", NULL, CMD_ALL, add_locations},
    {"N", NULL, CMD_ALL, add_nothing},
    {"NAME", NULL, CMD_ALL, add_nothing},
    {"NAME@DIGEST", NULL, CMD_ALL, add_nothing},
    {"NEW", NULL, CMD_ALL, add_locations},
    {"OLD", NULL, CMD_ALL, add_locations},
    {"PREFIX", NULL, CMD_ALL, add_nothing},
    {"RECIPE", NULL, CMD_ALL, add_files},
    {"RULE", NULL, CMD_ALL, add_rules},
    {"SECONDS", NULL, CMD_ALL, add_nothing},
    {"SEVERITY", NULL, CMD_ALL, add_severities},
    {"SHELL", NULL, CMD_ALL, add_shells},
    {"TAG", NULL, CMD_ALL, add_nothing},
    {"TEXT", NULL, CMD_ALL, add_nothing},
    {"TO", NULL, CMD_ALL, add_locations},
    {"[SOURCE=]URL", NULL, CMD_ALL, add_nothing},
};

/* option: its name, or "" */
static void add_argument(struct asked *a, struct slice argument, const char *option)
{
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
        if (slice_eq(argument, answers[i].argument) && answers[i].commands & a->command->id &&
            (!answers[i].option || strcmp(answers[i].option, option) == 0)) {
            answers[i].add(a);
            return;
        }
    buf_addf(a->ret, ":unknown\t%.*s\n", (int)argument.n, argument.p); /* a test looks for it */
}

/* ---- questions ------------------------------------------------------------------------------ */

/* The nth argument of a command, of "OLD NEW", "NAME TAG..." or "[RULE...]"; empty behind the last.
 */
static struct slice argument_of(const struct command *c, size_t n)
{
    struct slice last = {c->arguments, 0};
    const char *p = c->arguments;

    for (size_t i = 0; *p; i++) {
        p += strspn(p, " []");
        size_t length = strcspn(p, " ].");
        if (length)
            last = (struct slice){p, length};
        if (i == n || starts_with(p + length, "..."))
            return last;
        p += length + strspn(p + length, ".]");
    }
    return (struct slice){p, 0};
}

/* The option whose argument comes next, after this word; or NULL. */
static const struct option_spec *wants_argument(const struct command *c, const char *word)
{
    const struct option_spec *o;

    if (word[0] != '-' || !word[1])
        return NULL;
    if (word[1] == '-') {
        o = strchr(word, '=') ? NULL : option_meant(c, slice_of(word + 2));
        return o && o->argument ? o : NULL;
    }
    for (word++; *word; word++) {
        o = option_lettered(c, *word);
        if (o && o->argument)
            return word[1] ? NULL : o;
    }
    return NULL;
}

static void add_options(const struct asked *a)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct option_spec *o = &option_table[i];
        CLEANUP(free_ptr) char *name = xasprintf("--%s", o->name);

        if (o->commands & a->command->id)
            offer(a, name, o->help);
    }
}

/* The words behind `mkimage`; the last one is to be completed. */
static void add_words(const struct strv *words, struct buf *ret)
{
    const char *word = words->n ? words->v[words->n - 1] : "";
    const struct command *named = words->n > 1 ? command_find(words->v[0]) : NULL;
    struct asked a = {named ? named : command_find("build"), word, word, ret};
    const struct option_spec *wanted = NULL;
    bool options = true;
    size_t arguments = 0;

    for (size_t i = named ? 1 : 0; i + 1 < words->n; i++) {
        bool argument = wanted;
        wanted = argument || !options ? NULL : wants_argument(a.command, words->v[i]);
        if (argument)
            continue;
        if (options && strcmp(words->v[i], "--") == 0)
            options = false;
        else if (!options || words->v[i][0] != '-' || !words->v[i][1])
            arguments++;
    }
    const char *equals = options && starts_with(word, "--") ? strchr(word, '=') : NULL;
    if (!wanted && equals) {
        wanted = option_meant(a.command, (struct slice){word + 2, (size_t)(equals - word - 2)});
        if (!wanted || !wanted->argument)
            return;
        a.rest = equals + 1;
    }
    if (wanted) {
        add_argument(&a, slice_of(wanted->argument), wanted->name);
        return;
    }
    if (options && word[0] == '-') {
        add_options(&a);
        return;
    }
    if (words->n <= 1)
        add_commands(&a);
    struct slice argument = argument_of(a.command, arguments);
    if (argument.n)
        add_argument(&a, argument, "");
}

int cmd_completion(struct cli *cli, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    const char *shell = cli->args.n ? cli->args.v[0] : "";

    if (strcmp(shell, "words") == 0) {
        const struct strv words = {.v = cli->args.v + 1, .n = cli->args.n - 1};
        add_words(&words, &text);
        return print_out(&text, err);
    }
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
        if (strcmp(shell, scripts[i].shell) == 0 && cli->args.n == 1) {
            buf_addstr(&text, scripts[i].script);
            return print_out(&text, err);
        }
    return err_code(err, ERR_USAGE, "completion: give one shell: bash, zsh or fish");
}
