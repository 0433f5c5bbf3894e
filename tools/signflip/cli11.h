// CLI11, for the few sources that parse: it is most of what is compiled here, so commands do
// without it (options.h).
#pragma once

#include <CLI/CLI.hpp>
