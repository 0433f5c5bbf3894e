// --csv: results as a table, beside or instead of --json.
#pragma once

#include "command.h"
#include "outputs.h"

namespace signflip::cli {

void add_csv_option(const Command& command, std::string& csv);
Output csv_output(const std::string& file);

/// The table that report writes of these results (evaluate/report/tables_csv.h): of evaluate and
/// attack a line for each attack, of certify one for each radius.
/// Nothing for an empty name.
Status write_csv(const std::string& file, const OrderedJson& results);
/// Text as it is.
Status write_csv_text(const std::string& file, const std::string& text);

}  // namespace signflip::cli
