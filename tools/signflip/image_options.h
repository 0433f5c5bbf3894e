// --images and --picture: what attack and predict look at.
#pragma once

#include <string>
#include <vector>

#include "command.h"
#include "data/inputs.h"

namespace signflip::cli {

class ImageOptions {
 public:
  void add_to(CLI::App& command);

  const std::vector<std::string>& paths() const { return paths_; }
  /// "seven.png", or "3 files".
  std::string title() const;
  /// Images for this network; says on stderr what was done to pictures.
  Result<LoadedImages> load(const Sequential& network) const;

 private:
  std::vector<std::string> paths_;
  std::string picture_ = "auto";
};

}  // namespace signflip::cli
