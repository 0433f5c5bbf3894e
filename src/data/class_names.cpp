// The class names of the datasets that Signflip knows by name.
#include <array>
#include <span>
#include <string_view>

#include "data/dataset.h"

namespace signflip {
namespace {

constexpr std::array<std::string_view, 10> kDigits = {"0", "1", "2", "3", "4",
                                                      "5", "6", "7", "8", "9"};

constexpr std::array<std::string_view, 10> kFashion = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

constexpr std::array<std::string_view, 43> kTrafficSigns = {"Speed limit 20 km/h",
                                                            "Speed limit 30 km/h",
                                                            "Speed limit 50 km/h",
                                                            "Speed limit 60 km/h",
                                                            "Speed limit 70 km/h",
                                                            "Speed limit 80 km/h",
                                                            "End of speed limit 80 km/h",
                                                            "Speed limit 100 km/h",
                                                            "Speed limit 120 km/h",
                                                            "No overtaking",
                                                            "No overtaking by lorries",
                                                            "Right of way at the next crossing",
                                                            "Priority road",
                                                            "Give way",
                                                            "Stop",
                                                            "No vehicles",
                                                            "No lorries",
                                                            "No entry",
                                                            "Danger",
                                                            "Bend to the left",
                                                            "Bend to the right",
                                                            "Double bend",
                                                            "Uneven road",
                                                            "Slippery road",
                                                            "Road narrows on the right",
                                                            "Roadworks",
                                                            "Traffic lights",
                                                            "Pedestrians",
                                                            "Children",
                                                            "Cyclists",
                                                            "Snow or ice",
                                                            "Wild animals",
                                                            "End of all restrictions",
                                                            "Turn right ahead",
                                                            "Turn left ahead",
                                                            "Ahead only",
                                                            "Straight on or right",
                                                            "Straight on or left",
                                                            "Keep right",
                                                            "Keep left",
                                                            "Roundabout",
                                                            "End of no overtaking",
                                                            "End of no overtaking by lorries"};

std::span<const std::string_view> names_of(std::string_view dataset) {
  if (dataset == "mnist") return kDigits;
  if (dataset == "fashion-mnist") return kFashion;
  if (dataset == "gtsrb") return kTrafficSigns;
  return {};
}

}  // namespace

int known_class_count(const std::string& dataset) {
  return static_cast<int>(names_of(dataset).size());
}

std::vector<std::string> known_class_names(const std::string& dataset, int classes) {
  const auto names = names_of(dataset);
  if (known_class_count(dataset) == classes) return {names.begin(), names.end()};
  std::vector<std::string> numbers;
  for (int i = 0; i < classes; ++i) numbers.push_back(std::to_string(i));
  return numbers;
}

}  // namespace signflip
