// The log of a training run: one JSON object per line, the configuration first, then an epoch each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "nn/json.h"
#include "train/trainer.h"

namespace signflip::cli {

OrderedJson to_json(const EpochReport& report);

/// An epoch in a line for people.
std::string to_line(const EpochReport& report, int epochs);

/// A sentence where a classifier that ends with this epoch is right about as often as one that
/// gives every image of `data`, the training images, the same class; else empty.
std::string unlearnt_warning(const EpochReport& report, const Dataset& data, Method method);

/// How far the run of a log came.
struct LogState {
  int epochs_done = 0, epochs = 0;
  OrderedJson description;  ///< the first line, without what only says how it came about
  bool unfinished() const { return epochs_done > 0 && epochs_done < epochs; }
};
/// What `file` says; nothing where it is not there or no log of a training run.
std::optional<LogState> read_log_state(const std::string& file);

/// Kept whole in memory and rewritten atomically, so that a resumed run drops the epochs after its
/// checkpoint. Writes nothing where `file` is empty.
class Log {
 public:
  Log(std::string file, std::string first_line);

  /// Takes over the first `epochs` epochs of the file where there is one: an error unless it is the
  /// log of a run of this description and has them all, but for those before its first.
  Status take_over(const OrderedJson& description, int epochs);
  Status add(const OrderedJson& line);
  /// Adds a line that write() will write.
  void append(const OrderedJson& line);
  Status write() const;

 private:
  std::string file_;
  std::vector<std::string> lines_;
};

}  // namespace signflip::cli
