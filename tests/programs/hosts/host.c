/* A C program with Go code (tests/programs/guest) in it. */
#include <stdio.h>
#include <unistd.h>

void Start(int count);

int main(void)
{
	Start(3);
	usleep(200000);
	puts("ready");
	fflush(stdout);
	return getchar() == EOF;
}
