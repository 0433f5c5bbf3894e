// The JSON of an evaluation while it grows: complete and readable at every moment, and enough to go
// on from after an interruption.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "nn/json.h"

namespace signflip::cli {

/// One entry of results per model. While the run goes on each has a member "unfinished" with the
/// run's configuration and the figures of each image.
class PartialResults {
 public:
  /// What `file` holds of a run with this configuration, else nothing. Refused where the run that
  /// it holds is unfinished and another, unless `restart`. `file` may be empty or "-": nothing is
  /// kept.
  static Result<PartialResults> open(const std::string& file, OrderedJson configuration,
                                     std::size_t models, bool restart);

  /// Result and images of attack `row` of model `model`, if the file had them.
  struct Stored {
    Json result, images;
  };
  std::optional<Stored> stored(std::size_t model, std::size_t row) const;
  /// How many attacks of all models the file had.
  std::size_t stored_count() const;

  /// How many attacks of all models are done, those included.
  std::size_t count() const;

  /// Begins the entry of the next model with everything but its results.
  void begin(OrderedJson entry);
  /// Adds a result to the newest entry and writes the file.
  Status add(const OrderedJson& result, OrderedJson images);
  /// Adds a result that is made of the others; it is written by finish().
  void add_summary(const OrderedJson& result);

  /// The whole, without what only a run needs that goes on; writes the file, or stdout.
  Status finish();

  /// One entry, or the list of those of several models.
  OrderedJson whole() const;

 private:
  std::string file_;
  OrderedJson configuration_;
  bool several_ = false;
  std::vector<OrderedJson> entries_, images_;  // images_: of each entry, a list
  Json found_;                                 // entries of the interrupted run
};

}  // namespace signflip::cli
