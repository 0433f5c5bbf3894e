// What GTSRB's official folders hold: which pictures, with which class, track and box. Not the
// pictures themselves (gtsrb.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"

namespace signflip {

inline constexpr int kGtsrbClasses = 43;

/// One row of GT-000CC.csv or GT-final_test.csv, checked, except against the picture itself.
struct GtsrbRow {
  std::filesystem::path picture;
  std::string place;  // "…/GT-00000.csv, line 2"
  int label = 0;
  int track = 0;  // training pictures only, from the name TTTTT_FFFFF.ppm
  int frame = 0;
  int width = 0;
  int height = 0;
  int left = 0, top = 0, right = 0, bottom = 0;  // the sign's box; right and bottom lie outside it
};

struct GtsrbIndex {
  std::vector<GtsrbRow> rows;  // training: by class, track, frame; test: by name
  std::vector<std::filesystem::path> tables;
};

/// The folder that has Final_Training or Final_Test in it, given itself, its parent (with GTSRB in
/// it), or one of its subfolders Final_…[/Images]; nothing where this is none of them.
std::optional<std::filesystem::path> find_gtsrb_root(const std::filesystem::path& folder);

/// Whether `root` has the split's pictures.
bool has_gtsrb_split(const std::filesystem::path& root, Split split);

/// Reads the split's tables under `root`. Errors name file and line.
Result<GtsrbIndex> read_gtsrb_index(const std::filesystem::path& root, Split split);

}  // namespace signflip
