// Tables of pixels, as Kaggle and others pass MNIST on: a header, then a label and height·width
// pixels (0 to 255) a row; mnist_train.csv and mnist_test.csv, or train.csv. A table without labels
// (Kaggle's test.csv) is a competition's question, not a test set. EMNIST's own tables, such as
// emnist-letters-train.csv, have no header, and hold pictures transposed as its IDX files do.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "data/file.h"
#include "data/layouts/layout.h"

namespace signflip::layouts {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> find(const std::string& name, const fs::path& place, Split split) {
  std::error_code error;
  if (fs::is_regular_file(place, error)) {
    return place.extension() == ".csv" ? std::optional(place) : std::nullopt;
  }
  for (const std::string_view word : split_words(split)) {
    for (const std::string& file :
         {name + "_" + std::string(word), name + "-" + std::string(word), std::string(word)}) {
      if (fs::is_regular_file(place / (file + ".csv"), error)) return place / (file + ".csv");
    }
  }
  return std::nullopt;
}

/// Whole numbers line by line.
class Rows {
 public:
  Rows(std::string_view text, std::string name) : rest_(text), name_(std::move(name)) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);  // a byte order mark
  }

  /// The next line that is not empty; nothing at the end.
  std::optional<std::string_view> next() {
    while (!rest_.empty()) {
      const std::size_t end = rest_.find('\n');
      std::string_view line = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      ++number_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) return line;
    }
    return std::nullopt;
  }

  /// The line's fields, each 0 to `most`, appended to `values`; how many there were.
  Result<std::size_t> parse(std::string_view line, int most, std::vector<int>& values) const {
    std::size_t count = 0;
    while (true) {
      int value = -1;
      const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), value);
      const bool stops = end == line.data() + line.size();
      if (code != std::errc() || value < 0 || value > most || (!stops && *end != ',')) {
        const std::string_view field = line.substr(0, line.find(','));
        return Error{place() + ": field " + std::to_string(count + 1) + " is \"" +
                     std::string(field.substr(0, 40)) + "\", expected a whole number from 0 to " +
                     std::to_string(most)};
      }
      values.push_back(value);
      ++count;
      if (stops) return count;
      line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
    }
  }

  std::string place() const { return name_ + ", line " + std::to_string(number_); }

 private:
  std::string_view rest_;
  std::string name_;
  std::size_t number_ = 0;
};

/// Height, width and channels of so many pixels: a square, grey or, where three times a square,
/// colour.
std::optional<ImageShape> shape_of(std::size_t pixels) {
  for (const std::size_t channels : {std::size_t{1}, std::size_t{3}}) {
    const auto side = static_cast<std::size_t>(std::lround(std::sqrt(pixels / channels)));
    if (side > 0 && side * side * channels == pixels) {
      return ImageShape{static_cast<int>(side), static_cast<int>(side), static_cast<int>(channels)};
    }
  }
  return std::nullopt;
}

/// A file's name up to the word of a split, any: "emnist-letters", say.
std::string family_of(const std::string& file) {
  std::string stem = fs::path(file).stem().string();
  for (const Split split : {Split::train, Split::test}) {
    for (const std::string_view word : split_words(split)) {
      if (stem.ends_with(word)) stem.erase(stem.size() - word.size());
    }
  }
  while (stem.ends_with('-') || stem.ends_with('_')) stem.pop_back();
  return stem;
}

Status check_header(std::string_view header, const std::string& file) {
  std::string title(header.substr(0, header.find(',')));
  std::erase(title, '"');
  if (title == "label" || title == "class") return {};
  return Error{
      file + " has the first column \"" + title.substr(0, 40) +
      "\", expected \"label\", then the pixels" +
      (title.starts_with("pixel") ? ": a table without labels says nothing of accuracy" : "")};
}

/// The whole numbers in a column's title: "pixel12", "2x7".
std::vector<long> numbers_in(std::string_view title) {
  std::vector<long> numbers;
  for (std::size_t i = 0; i < title.size();) {
    long number = 0;
    const auto [end, code] = std::from_chars(&title[i], title.data() + title.size(), number);
    const bool digit = title[i] >= '0' && title[i] <= '9' && code == std::errc();
    if (digit) numbers.push_back(number);
    i = digit ? static_cast<std::size_t>(end - title.data()) : i + 1;
  }
  return numbers;
}

/// An error where the titles of pixels have numbers that do not rise from left to right: they were
/// sorted as text ("pixel1", "pixel10", "pixel2"), or go down the columns of a picture.
Status check_order(std::string_view header, const std::string& file) {
  std::string_view before;
  std::vector<long> last;
  for (header.remove_prefix(std::min(header.find(','), header.size()));
       !header.empty() && header[0] == ',';
       header.remove_prefix(std::min(header.find(','), header.size()))) {
    header.remove_prefix(1);
    const std::string_view title = header.substr(0, header.find(','));
    const std::vector<long> numbers = numbers_in(title);
    if (!last.empty() && numbers.size() == last.size() && numbers <= last) {
      return Error{file + " has the column " + std::string(title) + " after " +
                   std::string(before) + ", expected pixels row by row, by their numbers"};
    }
    before = title;
    last = numbers;
  }
  return {};
}

bool holds(const std::string& name, const fs::path& place, Split split) {
  return find(name, place, split).has_value();
}

Result<Dataset> load(const std::string& name, const fs::path& place, Split split,
                     const std::optional<PictureSize>&) {
  const fs::path path = *find(name, place, split);
  constexpr std::size_t kMost = std::size_t{1} << 31;
  const auto bytes = read_file(path, kMost);
  if (!bytes) return bytes.error();
  auto dataset = parse_pixel_csv(*bytes, path, name, split);
  if (dataset) dataset->undivided = path == place;
  return dataset;
}

}  // namespace

Result<Dataset> parse_pixel_csv(std::span<const std::uint8_t> bytes, const fs::path& path,
                                const std::string& name, Split split) {
  const std::string file = path.string();
  Rows rows({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file);
  const auto header = rows.next();
  if (!header) return Error{file + " is empty"};
  const auto columns =
      static_cast<std::size_t>(std::count(header->begin(), header->end(), ',')) + 1;
  const std::string family = family_of(file);
  const bool rows_only =
      is_emnist(family) && header->find_first_not_of("0123456789,") == header->npos;
  if (!rows_only) {
    Status titled = check_header(*header, file);
    if (titled) titled = check_order(*header, file);
    if (!titled) return titled.error();
  }
  const auto shape = shape_of(columns - 1);
  if (!shape) {
    return Error{file + " has " + std::to_string(columns - 1) +
                 " pixels a row, which are no square, neither grey nor in three channels"};
  }
  Dataset dataset;
  dataset.name = name;
  dataset.split = split;
  dataset.image = *shape;
  std::vector<int> labels, values;
  for (auto line = rows_only ? header : rows.next(); line; line = rows.next()) {
    values.clear();
    const auto count = rows.parse(*line, 255, values);
    if (!count) return count.error();
    if (*count != columns) {
      return Error{rows.place() + ": " + std::to_string(*count) + " fields where the header has " +
                   std::to_string(columns)};
    }
    labels.push_back(values[0]);
    for (std::size_t i = 1; i < columns; ++i) {
      dataset.pixels.push_back(static_cast<std::uint8_t>(values[i]));
    }
  }
  if (labels.empty()) return Error{file + " holds no images"};
  if (is_emnist(family)) {
    take_emnist(family, labels, dataset);
  } else if (is_emnist(name)) {
    dataset.remark = path.filename().string() +
                     ": pictures taken as they are; only files that are called as EMNIST's own, "
                     "such as emnist-letters-train.csv, are turned upright";
  }
  Status status = take_labels(std::move(labels), file, dataset);
  if (!status) return status.error();
  dataset.files.push_back({path.filename().string(), md5_hex(bytes)});
  status = name_classes({}, {}, file, dataset, known_class_count(family) > 0 ? family : name);
  if (!status) return status.error();
  return dataset;
}

const Layout kPixelCsv = {"a .csv of labels and pixels", holds, load};

}  // namespace signflip::layouts
