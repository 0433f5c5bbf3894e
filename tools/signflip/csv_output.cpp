#include "csv_output.h"

#include "data/file.h"
#include "evaluate/report/tables_csv.h"
#include "nn/json_text.h"

namespace signflip::cli {

void add_csv_option(const Command& command, std::string& csv) {
  command.add_option("--csv", csv, "write the results as a table to this file");
}

Output csv_output(const std::string& file) {
  return {.option = "--csv", .file = file, .endings = {".csv"}, .strict = true};
}

Status write_csv(const std::string& file, const OrderedJson& results) {
  if (file.empty()) return {};
  report::ReportInput input;
  const Status read = report::read_input(json_text(results), "", input);
  if (!read) return read;
  const bool certified = !input.measurements.empty() && !input.measurements[0].certificates.empty();
  return write_csv_text(file,
                        certified ? report::certificates_csv(input) : report::results_csv(input));
}

Status write_csv_text(const std::string& file, const std::string& text) {
  if (file.empty()) return {};
  return write_file_atomically(file, text_bytes(text));
}

}  // namespace signflip::cli
