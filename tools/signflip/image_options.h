// --images and --picture: what attack, predict and saliency look at.
#pragma once

#include <string>
#include <vector>

#include "command.h"
#include "data/inputs.h"
#include "outputs.h"

namespace signflip::cli {

class ImageOptions {
 public:
  void add_to(const Command& command);

  /// The files that a command reads: `others`, and these, with all pictures of a folder.
  std::vector<Input> inputs(std::vector<Input> others) const;
  /// "seven.png", or "3 files".
  std::string title() const;
  /// Images for this network; says on stderr what was done to pictures.
  Result<LoadedImages> load(const Sequential& network) const;

 private:
  std::vector<std::string> paths_;
  std::string picture_ = "auto";
};

}  // namespace signflip::cli
