#include "attack/active_set.h"

namespace signflip {
namespace {

template <class T>
std::vector<T> gathered(const ActiveSet& active, std::span<const T> full) {
  std::vector<T> packed;
  for (const std::size_t row : active.rows()) packed.push_back(full[row]);
  return packed;
}

}  // namespace

SubShard::SubShard(const Shard& parent, const ActiveSet& active, const Parameters& parameters,
                   std::span<const int> targets)
    : clean_(active.size(), parent.image_size()),
      adversarial_(active.gather(parent.clean, clean_)),
      labels_(gathered(active, parent.labels)),
      targets_(!targets.empty()    ? std::vector<int>(targets.begin(), targets.end())
               : parent.targeted() ? gathered(active, parent.targets)
                                   : std::vector<int>()),
      numbers_(gathered(active, parent.numbers)),
      shard_{parent.pass,  parameters,    parent.shape,    parent.bounds, active.size(),
             clean_,       labels_,       targets_,        numbers_,      parent.seed,
             adversarial_, parent.ticker, parent.observer, parent.decides} {}

}  // namespace signflip
