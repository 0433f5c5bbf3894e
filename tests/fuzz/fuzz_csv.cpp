// Fuzzes the tables of datasets: as text, and as GTSRB's tables in its folders.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "data/csv.h"
#include "data/gtsrb_index.h"
#include "fuzz/fuzz.h"
#include "fuzz/scratch.h"

using namespace signflip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  bool parsed = false;  // with the last separator, which is GTSRB's
  for (const char separator : {',', ';'}) {
    const auto table = parse_csv(text, "input", separator);
    parsed = static_cast<bool>(table);
    if (!table) {
      if (table.error().message.empty()) std::abort();
      continue;
    }
    for (std::size_t row = 0; row < table->rows.size(); ++row) {
      if (table->rows[row].size() != table->columns.size()) std::abort();
      const auto number = table->number(row, 0);
      if (number && *number < 0) std::abort();
    }
  }
  if (!parsed) return 0;  // GTSRB's reader says the same
  static Scratch scratch;
  const std::string_view picture = "P6 4 4 255\n";
  const std::span pixels(reinterpret_cast<const std::uint8_t*>(picture.data()), picture.size());
  static const auto first = scratch.write("Final_Training/Images/00002/00000_00000.ppm", pixels);
  static const auto second = scratch.write("Final_Test/Images/00000.ppm", pixels);
  scratch.write("Final_Training/Images/00002/GT-00002.csv", {data, size});
  scratch.write("GT-final_test.csv", {data, size});
  for (const Split split : {Split::train, Split::test}) {
    const auto index = read_gtsrb_index(scratch.folder(), split);
    if (!index) continue;
    for (const GtsrbRow& row : index->rows) {
      const bool inside = row.picture == first || row.picture == second;
      const bool boxed = row.left >= 0 && row.top >= 0 && row.left < row.right &&
                         row.top < row.bottom && row.right <= row.width && row.bottom <= row.height;
      if (!inside || !boxed || row.label < 0 || row.label >= kGtsrbClasses) std::abort();
    }
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  constexpr std::string_view kTexts[] = {
      "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n"
      "00000_00000.ppm;4;4;1;1;3;3;2\r\n",
      "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n00000.ppm;4;4;1;1;3;3;42\n",
      "class,track,frame,width\n0,0,0,4\n0,0,1,4\n\n"};
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const std::string_view text : kTexts) seeds.emplace_back(text.begin(), text.end());
  // A name that the system would cut at its NUL, and read another file.
  constexpr std::string_view kCut =
      "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n00000.ppm|;4;4;1;1;3;3;42\n";
  seeds.emplace_back(kCut.begin(), kCut.end());
  std::replace(seeds.back().begin(), seeds.back().end(), std::uint8_t{'|'}, std::uint8_t{0});
  return seeds;
}
