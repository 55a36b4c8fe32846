/* What the example asks of the machine it runs on, and what the machine asks of it. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

void say(const char *text); /* prints, without an end of line */
int example(void);          /* 0 where all is right */

#endif
