#include <stdio.h>
#include <unistd.h>

int main(void)
{
    printf("hello from uid %d\n", (int)getuid());
    return 0;
}
