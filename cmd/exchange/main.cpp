#include "cmd/exchange/cli.h"

int main(int argc, char** argv) { return exchange::run(argc, argv); }
