#include "data/csv.h"

#include <algorithm>
#include <charconv>

#include "data/file.h"

namespace signflip {
namespace {

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> fields;
  while (true) {
    const std::size_t end = line.find(separator);
    fields.emplace_back(line.substr(0, end));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

}  // namespace

Result<std::size_t> CsvTable::column(std::string_view title) const {
  const auto found = std::find(columns.begin(), columns.end(), title);
  if (found == columns.end()) return Error{name + " has no column " + std::string(title)};
  return static_cast<std::size_t>(found - columns.begin());
}

Result<int> CsvTable::number(std::size_t row, std::size_t column) const {
  const std::string& field = rows[row][column];
  int value = 0;
  const auto [end, code] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (code != std::errc() || end != field.data() + field.size() || value < 0) {
    return Error{place(row) + ": " + columns[column] + " is \"" + field +
                 "\" where a whole number is expected"};
  }
  return value;
}

std::string CsvTable::place(std::size_t row) const {
  return name + ", line " + std::to_string(lines[row]);
}

Result<CsvTable> parse_csv(std::string_view text, std::string_view name, char separator) {
  CsvTable table;
  table.name = name;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    std::string_view content = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (content.ends_with('\r')) content.remove_suffix(1);
    if (content.empty()) continue;

    auto fields = split(content, separator);
    if (table.columns.empty()) {
      table.columns = std::move(fields);
      continue;
    }
    table.lines.push_back(line);
    if (fields.size() != table.columns.size()) {
      return Error{table.place(table.rows.size()) + ": " + std::to_string(fields.size()) +
                   " fields where the header has " + std::to_string(table.columns.size())};
    }
    table.rows.push_back(std::move(fields));
  }
  if (table.columns.empty()) return Error{table.name + " is empty"};
  return table;
}

Result<CsvTable> read_csv(const std::filesystem::path& path, char separator) {
  const auto bytes = read_file(path, kMaxTableBytes);
  if (!bytes) return bytes.error();
  return parse_csv({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path.string(),
                   separator);
}

}  // namespace signflip
