// The small CSV files of datasets: a header, then rows of plain fields. Not a general reader:
// no quoting, because none of these files has it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip {

/// A parsed file, whose rows all have as many fields as the header.
struct CsvTable {
  std::string name;  // the file, for errors
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  /// The index of a column, or an error that it is missing.
  Result<std::size_t> column(std::string_view title) const;
  /// The field as a whole number ≥ 0, or an error with file and line.
  Result<int> number(std::size_t row, std::size_t column) const;
  /// "file, line 7": where a row stands.
  std::string place(std::size_t row) const;

  std::vector<std::size_t> lines;  // the line of each row, from 1
};

/// Lines end in \n or \r\n; blank lines are skipped. A row with too few or too many fields: an
/// error with file and line.
Result<CsvTable> parse_csv(std::string_view text, std::string_view name, char separator);

Result<CsvTable> read_csv(const std::filesystem::path& path, char separator);

}  // namespace signflip
