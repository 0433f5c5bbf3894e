// Reading the tables of GTSRB's official folders.
#include "data/gtsrb_index.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include "data/csv.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;

constexpr std::array kTrainingImages = {"Final_Training", "Images"};
constexpr std::array kTestImages = {"Final_Test", "Images"};

/// torchvision's archive of the training images has another name for their folder.
constexpr std::string_view kTorchvisionTraining = "Training";

/// Kaggle's tables, which stand beside the folders that they name.
fs::path kaggle_table(const fs::path& root, Split split) {
  return root / (split == Split::train ? "Train.csv" : "Test.csv");
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

fs::path images_folder(const fs::path& root, Split split) {
  const auto& parts = split == Split::train ? kTrainingImages : kTestImages;
  std::error_code error;
  const fs::path other = root / kTorchvisionTraining;  // a name that others use, too
  if (split == Split::train && !is_folder(root / parts[0] / parts[1]) &&
      fs::is_regular_file(other / "00000" / "GT-00000.csv", error)) {
    return other;
  }
  return root / parts[0] / parts[1];
}

/// Kaggle's layout, and not one of the others.
bool is_kaggle(const fs::path& root, Split split) {
  std::error_code error;
  return !is_folder(images_folder(root, split)) &&
         fs::is_regular_file(kaggle_table(root, split), error);
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The columns of a table, found once by their titles.
struct Columns {
  std::size_t file, width, height, left, top, right, bottom, label;
};

Result<Columns> find_columns(const CsvTable& table, const char* file) {
  const std::array titles = {file,     "Width",  "Height", "Roi.X1",
                             "Roi.Y1", "Roi.X2", "Roi.Y2", "ClassId"};
  std::array<std::size_t, titles.size()> at{};
  for (std::size_t i = 0; i < titles.size(); ++i) {
    const auto column = table.column(titles[i]);
    if (!column) return column.error();
    at[i] = *column;
  }
  return Columns{at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7]};
}

/// Reads TTTTT_FFFFF.ppm into track and frame.
bool read_track(std::string_view file, GtsrbRow& row) {
  const std::size_t bar = file.find('_');
  if (bar == std::string_view::npos || !file.ends_with(".ppm")) return false;
  const std::string_view track = file.substr(0, bar);
  const std::string_view frame = file.substr(bar + 1, file.size() - bar - 5);
  if (!all_digits(track) || !all_digits(frame)) return false;
  return std::from_chars(track.begin(), track.end(), row.track).ec == std::errc() &&
         std::from_chars(frame.begin(), frame.end(), row.frame).ec == std::errc();
}

/// Whether a path from a table stays below the table's folder, and is meant as a whole: the system
/// would end it at a NUL.
bool stays_inside(const fs::path& path) {
  return path.is_relative() && path.native().find('\0') == std::string::npos &&
         std::none_of(path.begin(), path.end(),
                      [](const fs::path& part) { return part.string().starts_with('.'); });
}

/// `deep`: pictures may lie in folders below `folder`.
Result<GtsrbRow> read_row(const CsvTable& table, std::size_t index, const Columns& columns,
                          const fs::path& folder, bool deep) {
  const std::string& file = table.rows[index][columns.file];
  GtsrbRow row;
  row.place = table.place(index);
  if (file.empty() || (!deep && file.find('/') != std::string::npos) || !stays_inside(file)) {
    return Error{row.place + ": \"" + file + "\" is not the name of a picture"};
  }
  row.picture = folder / file;
  const std::pair<std::size_t, int*> numbers[] = {
      {columns.width, &row.width}, {columns.height, &row.height}, {columns.left, &row.left},
      {columns.top, &row.top},     {columns.right, &row.right},   {columns.bottom, &row.bottom},
      {columns.label, &row.label}};
  for (const auto& [column, value] : numbers) {
    const auto number = table.number(index, column);
    if (!number) return number.error();
    *value = *number;
  }
  if (row.label >= kGtsrbClasses) {
    return Error{row.place + ": class " + std::to_string(row.label) +
                 " is unknown; GTSRB has 0 to " + std::to_string(kGtsrbClasses - 1)};
  }
  if (row.left >= row.right || row.top >= row.bottom || row.right > row.width ||
      row.bottom > row.height) {
    return Error{row.place + ": the sign's box does not lie in the picture of " +
                 std::to_string(row.width) + "×" + std::to_string(row.height)};
  }
  std::error_code error;
  if (!fs::is_regular_file(row.picture, error)) {
    return Error{row.place + ": the picture " + row.picture.string() + " is missing"};
  }
  return row;
}

/// How the tables of one layout look.
struct TableFormat {
  char separator;
  const char* file_column;
  bool deep;  ///< pictures may lie in folders below the table's
};
constexpr TableFormat kOfficial{';', "Filename", false}, kKaggle{',', "Path", true};

/// Adds the rows of a table, whose pictures lie in `folder`. `check` completes a row, given also
/// its picture's name, or refuses it.
template <class Check>
Status read_table(const fs::path& path, TableFormat format, const fs::path& folder,
                  GtsrbIndex& index, Check check) {
  const auto table = read_csv(path, format.separator);
  if (!table) return table.error();
  const auto columns = find_columns(*table, format.file_column);
  if (!columns) return columns.error();
  index.tables.push_back(path);
  for (std::size_t i = 0; i < table->rows.size(); ++i) {
    auto row = read_row(*table, i, *columns, folder, format.deep);
    if (!row) return row.error();
    const Status checked = check(*row, row->picture.filename().string());
    if (!checked) return checked;
    index.rows.push_back(*std::move(row));
  }
  return {};
}

/// The table of one class's folder.
Status read_class_table(const fs::path& folder, const std::string& digits, int label,
                        GtsrbIndex& index) {
  return read_table(folder / ("GT-" + digits + ".csv"), kOfficial, folder, index,
                    [&](GtsrbRow& row, const std::string& file) -> Status {
                      if (row.label != label) {
                        return Error{row.place + ": class " + std::to_string(row.label) +
                                     " in the folder of class " + std::to_string(label)};
                      }
                      if (read_track(file, row)) return {};
                      return Error{row.place + ": " + file + " is not named TRACK_FRAME.ppm"};
                    });
}

/// Reads CLASS_TRACK_FRAME.png of Kaggle's training pictures.
bool read_kaggle_track(std::string_view file, GtsrbRow& row) {
  const std::size_t bar = file.find('_'), dot = file.rfind('.');
  if (bar == std::string_view::npos || dot == std::string_view::npos || dot < bar) return false;
  return all_digits(file.substr(0, bar)) &&
         read_track(std::string(file.substr(bar + 1, dot - bar - 1)) + ".ppm", row);
}

Status read_kaggle(const fs::path& root, Split split, GtsrbIndex& index) {
  const Status read =
      read_table(kaggle_table(root, split), kKaggle, root, index,
                 [&](GtsrbRow& row, const std::string& file) -> Status {
                   if (split != Split::train || read_kaggle_track(file, row)) return {};
                   return Error{row.place + ": " + file + " is not named CLASS_TRACK_FRAME.png"};
                 });
  if (!read) return read;
  std::sort(index.rows.begin(), index.rows.end(), [](const GtsrbRow& a, const GtsrbRow& b) {
    return std::tie(a.label, a.track, a.frame, a.picture) <
           std::tie(b.label, b.track, b.frame, b.picture);
  });
  return {};
}

Status read_training(const fs::path& images, GtsrbIndex& index) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(images, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_folder(entry->path()) && all_digits(entry->path().filename().string())) {
      folders.push_back(entry->path());
    }
  }
  if (error) return Error{"cannot read " + images.string() + ": " + error.message()};
  std::sort(folders.begin(), folders.end());
  for (const fs::path& folder : folders) {
    const std::string digits = folder.filename().string();
    int label = kGtsrbClasses;
    std::from_chars(digits.data(), digits.data() + digits.size(), label);
    if (label >= kGtsrbClasses) {
      return Error{folder.string() + " is the folder of an unknown class; GTSRB has 0 to " +
                   std::to_string(kGtsrbClasses - 1)};
    }
    const Status status = read_class_table(folder, digits, label, index);
    if (!status) return status;
  }
  std::sort(index.rows.begin(), index.rows.end(), [](const GtsrbRow& a, const GtsrbRow& b) {
    return std::tie(a.label, a.track, a.frame) < std::tie(b.label, b.track, b.frame);
  });
  return {};
}

/// The test labels come as an archive of their own, so their table may lie in several places.
Status read_test(const fs::path& root, const fs::path& images, GtsrbIndex& index) {
  constexpr std::string_view kTable = "GT-final_test.csv";
  std::error_code error;
  for (const fs::path& folder : {images, images.parent_path(), root, root.parent_path()}) {
    if (!fs::exists(folder / kTable, error)) continue;
    const auto any = [](const GtsrbRow&, const std::string&) { return Status(); };
    if (Status s = read_table(folder / kTable, kOfficial, images, index, any); !s) return s;
    std::sort(index.rows.begin(), index.rows.end(),
              [](const GtsrbRow& a, const GtsrbRow& b) { return a.picture < b.picture; });
    return {};
  }
  return Error{images.string() + " has no labels: unpack GT-final_test.csv (from " +
               "GTSRB_Final_Test_GT.zip) into it"};
}

}  // namespace

std::optional<fs::path> find_gtsrb_root(const fs::path& folder) {
  const auto is_root = [](const fs::path& path) {
    return has_gtsrb_split(path, Split::train) || has_gtsrb_split(path, Split::test);
  };
  for (const fs::path& candidate : {folder, folder / "GTSRB", folder / "gtsrb" / "GTSRB"}) {
    if (is_root(candidate)) return candidate;
  }
  // A trailing slash would make the name empty; a relative path has no parent to speak of.
  std::error_code error;
  const fs::path full = fs::weakly_canonical(folder, error);
  const std::string name = full.filename().string();
  const bool is_images = name == kTrainingImages[1];
  const fs::path middle = is_images ? full.parent_path() : full;
  if (const fs::path part = middle.filename();
      part == kTrainingImages[0] || part == kTestImages[0]) {
    if (is_root(middle.parent_path())) return middle.parent_path();
  }
  return std::nullopt;
}

bool has_gtsrb_split(const fs::path& root, Split split) {
  return is_folder(images_folder(root, split)) || is_kaggle(root, split);
}

Result<GtsrbIndex> read_gtsrb_index(const fs::path& root, Split split) {
  const fs::path images = images_folder(root, split);
  GtsrbIndex index;
  const bool kaggle = is_kaggle(root, split);
  Status status = kaggle                  ? read_kaggle(root, split, index)
                  : split == Split::train ? read_training(images, index)
                                          : read_test(root, images, index);
  if (!status) return status.error();
  if (index.rows.empty()) {
    return Error{(kaggle ? kaggle_table(root, split) : images).string() +
                 " holds no GTSRB pictures"};
  }
  return index;
}

}  // namespace signflip
