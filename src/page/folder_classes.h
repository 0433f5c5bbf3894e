// Which classes the folders mean in which a visitor brings pictures to the page.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/result.h"

namespace signflip {

/// Which of a model's classes each folder's name is: the class of that name; else, where all
/// folders are called by numbers below the number of classes, or the model's classes have no names
/// but numbers and are as many as the folders, the class of that place. An error where that leaves
/// a folder without a class, or gives two the same.
Result<std::vector<int>> classes_of_folders(std::span<const std::string> folders,
                                            std::span<const std::string> classes);

}  // namespace signflip
