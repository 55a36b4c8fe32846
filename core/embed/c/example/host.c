/* The example as a program. */
#include "example.h"

#include <stdio.h>

void say(const char *text) { fputs(text, stdout); }

int main(void) { return example(); }
