// SubShard: gathering rows of a shard.
#include "attack/active_set.h"

namespace signflip {
namespace {

template <class T>
std::vector<T> gathered(const ActiveSet& active, std::span<const T> full, std::size_t width) {
  std::vector<T> packed(active.size() * width);
  active.gather(full, width, std::span<T>(packed));
  return packed;
}

}  // namespace

SubShard::SubShard(const Shard& parent, const ActiveSet& active, const Parameters& parameters,
                   std::span<const int> targets)
    : clean_(gathered(active, parent.clean, parent.image_size())),
      adversarial_(clean_),
      labels_(gathered(active, parent.labels, 1)),
      targets_(!targets.empty()    ? std::vector<int>(targets.begin(), targets.end())
               : parent.targeted() ? gathered(active, parent.targets, 1)
                                   : std::vector<int>()),
      numbers_(gathered(active, parent.numbers, 1)),
      shard_{parent.pass,  parameters,    parent.shape,   parent.bounds, active.size(),
             clean_,       labels_,       targets_,       numbers_,      parent.seed,
             adversarial_, parent.ticker, parent.observer} {}

}  // namespace signflip
