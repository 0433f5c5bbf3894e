// How the images of a training batch are laid out for the network, shard by shard.
#pragma once

#include <algorithm>
#include <vector>

#include "device/kernels/training_steps.h"

namespace signflip::device {

/// How a batch of so many sources is laid out: on the host, then on the device.
struct BatchLayout {
  std::vector<RowSource> rows;
  std::vector<int> pairs, shard_rows, shard_sources, shard_of_row;

  /// `most`: sources of a shard; `paired`: a clean and an attacked row for each source;
  /// `attacked`: else, whether the rows are attacked. Shards as train/cpu_batches.cpp cuts them.
  BatchLayout(int sources, int most, bool paired, bool attacked) {
    const int used = divide_up(sources, most);
    pairs.resize(2 * static_cast<std::size_t>(sources));
    for (int s = 0; s <= used; ++s) {
      const auto begin = static_cast<int>(static_cast<std::int64_t>(s) * sources / used);
      const auto end = static_cast<int>((static_cast<std::int64_t>(s) + 1) * sources / used);
      shard_sources.push_back(begin);
      shard_rows.push_back(static_cast<int>(rows.size()));
      if (s == used) break;
      for (int copy = 0; copy < (paired ? 2 : 1); ++copy) {
        for (int i = begin; i < end; ++i) {
          pairs[2 * static_cast<std::size_t>(i) + static_cast<std::size_t>(copy)] =
              static_cast<int>(rows.size());
          rows.push_back({i, copy == 1 || (!paired && attacked) ? 1 : 0});
          shard_of_row.push_back(s);
        }
      }
    }
  }
  int most_rows() const {
    int most = 0;
    for (std::size_t s = 0; s + 1 < shard_rows.size(); ++s) {
      most = std::max(most, shard_rows[s + 1] - shard_rows[s]);
    }
    return most;
  }
};

/// A batch of one size on the device: its layout, and the recording of its step.
template <class Executor>
struct DeviceBatch {
  template <class T>
  using Array = typename Executor::template Array<T>;

  DeviceBatch(Executor& executor, const BatchLayout& layout, int batch_sources)
      : sources(batch_sources),
        rows(static_cast<int>(layout.rows.size())),
        shards(static_cast<int>(layout.shard_rows.size()) - 1),
        most_rows(layout.most_rows()) {
    const auto send = [&]<class T>(const std::vector<T>& from, Array<T>& to) {
      to = executor.template allocate<T>(from.size());
      executor.upload(from.data(), to.data(), from.size());
    };
    send(layout.rows, row_sources);
    send(layout.pairs, pairs);
    send(layout.shard_rows, shard_rows);
    send(layout.shard_sources, shard_sources);
    send(layout.shard_of_row, shard_of_row);
  }

  int sources, rows, shards, most_rows;
  Array<RowSource> row_sources;
  Array<int> pairs, shard_rows, shard_sources, shard_of_row;
  typename Executor::Recording recording;
};

}  // namespace signflip::device
