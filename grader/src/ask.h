/*
 * ask.h: a failing step as a message for the group's channel.
 */
#ifndef ASK_H
#define ASK_H

#include "outcome.h"

#define ASK_CHARACTERS_MAX 2000 /* what chats take in one message */

/*
 * What to paste: the step and what it promises, the last of the transcript,
 * what was not met, the member's own frames, the last of the output, and the
 * line that replays it, in Markdown.
 *   step   failed or broken; or NULL where the week does not build
 * Returns at most ASK_CHARACTERS_MAX bytes, owned by the caller, release with
 * free().
 */
char *ask_message(const struct week_outcome *outcome,
                  const struct outcome *step);

#endif
