/*
 * net_text.c: what happened to a connection, in words.
 */
#include "lab_internal.h"
#include "net_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void net_note(const struct net_client *c, const char *format, ...)
{
    char text[256];
    va_list args;
    if (c->quiet)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lab_note("%s %s", c->name, text);
}

struct net_count net_count_of(size_t bytes)
{
    struct net_count count;
    snprintf(count.text, sizeof count.text, "%s",
             lab_count((intmax_t)bytes, "byte"));
    return count;
}

/* One character as C would write it, or NULL where it is not text. */
static const char *escape(unsigned char c, char two[3])
{
    snprintf(two, 3, "%c", c);
    if (c == '\n')
        return "\\n";
    if (c == '\r')
        return "\\r";
    if (c == '\t')
        return "\\t";
    if (c == '"')
        return "\\\"";
    return c >= 0x20 && c < 0x7f ? two : NULL;
}

struct net_quote net_quote_of(const void *data, size_t len)
{
    struct net_quote quote = {": \""};
    const unsigned char *bytes = data;
    size_t n = strlen(quote.text);
    char two[3];
    if (len == 0 || len > NET_SHOWN_BYTES)
        return (struct net_quote){""};
    for (size_t i = 0; i < len; i++) {
        const char *text = escape(bytes[i], two);
        if (text == NULL)
            return (struct net_quote){""};
        n +=
            (size_t)snprintf(quote.text + n, sizeof quote.text - n, "%s", text);
    }
    snprintf(quote.text + n, sizeof quote.text - n, "\"");
    return quote;
}

struct net_ending net_ending_of(const struct net_step *step)
{
    struct net_ending ending = {""};
    char *text = ending.text;
    size_t size = sizeof ending.text;
    if (step->end == NET_FIN)
        snprintf(text, size, "then end of file (the peer sent FIN)");
    else if (step->end == NET_RST)
        snprintf(text, size, "then a reset (the peer sent RST: %s)",
                 strerrorname_np(step->error));
    else if (step->end == NET_SILENCE && net_why_gave_up() != NULL)
        snprintf(text, size, "then nothing more: %s", net_why_gave_up());
    else if (step->end == NET_SILENCE)
        snprintf(text, size, "then nothing moved for %s", lab_patience_text());
    else if (step->end == NET_ERROR)
        snprintf(text, size, "then %s", lab_errno_text(step->error));
    return ending;
}
