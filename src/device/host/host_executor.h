// Runs functors and programs (portable.h) on the host, one call after the other: for tests, which
// then run the index arithmetic, the shared memory and the order of launches of a device without
// one. Not a fast backend; that is backend/cpu.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/result.h"
#include "device/kernels/portable.h"

namespace signflip::device {

/// A block of threads, one after the other; `reversed`: the last one first.
template <int kThreads>
class HostTeam {
 public:
  template <class T>
  class Own {
   public:
    T& operator[](int t) { return values_[static_cast<std::size_t>(t)]; }

   private:
    std::vector<T> values_ = std::vector<T>(kThreads);
  };

  explicit HostTeam(bool reversed) : reversed_(reversed) {}

  template <class Work>
  void phase(Work work) {
    for (int t = 0; t < kThreads; ++t) work(reversed_ ? kThreads - 1 - t : t);
  }

 private:
  bool reversed_;
};

/// Refuses, in finish(), what a device would refuse or do wrong: memory and copies within a
/// recording, more shared memory than there is, more calls than an int can count.
class HostExecutor {
 public:
  /// `reversed`: calls, blocks and threads in the opposite order. Results must not depend on it;
  /// where they do, a device would have a race.
  explicit HostExecutor(bool reversed = false) : reversed_(reversed) {}

  template <class T>
  class Array {
   public:
    Array() = default;
    explicit Array(std::size_t size) : values_(size) {}
    T* data() { return values_.data(); }
    const T* data() const { return values_.data(); }
    std::size_t size() const { return values_.size(); }
    bool empty() const { return values_.empty(); }

   private:
    std::vector<T> values_;
  };

  template <class T>
  Array<T> allocate(std::size_t size) {
    demand(recording_ == nullptr, "memory was taken within a recording");
    return Array<T>(size);
  }
  template <class T>
  void upload(const T* from, T* to, std::size_t size) {
    demand(recording_ == nullptr, "something was copied within a recording");
    std::copy_n(from, size, to);
  }
  template <class T>
  void download(const T* from, T* to, std::size_t size) {
    demand(recording_ == nullptr, "something was copied within a recording");
    std::copy_n(from, size, to);
  }

  template <class Functor>
  void for_each(std::int64_t count, Functor functor) {
    demand(count < std::int64_t{1} << 31, "a launch has too many calls");
    issue([count, functor, reversed = reversed_] {
      for (std::int64_t i = 0; i < count; ++i) {
        functor(static_cast<int>(reversed ? count - 1 - i : i));
      }
    });
  }

  template <class Program>
  void run(int blocks, Program program) {
    demand(program.shared() <= most_shared(), "a block wants too much shared memory");
    issue([blocks, program, reversed = reversed_] {
      // Filled with NaN before each block: on a device shared memory is undefined.
      std::vector<Quad> shared(program.shared() / 4 + 1);
      for (int block = 0; block < blocks; ++block) {
        for (Quad& quad : shared) std::fill(quad.v, quad.v + 4, NAN);
        HostTeam<Program::kThreads> team(reversed);
        program(team, shared[0].v, reversed ? blocks - 1 - block : block);
      }
    });
  }

  /// Launches that can be run again. What they take by value stays as it was when recorded, as in
  /// a CUDA graph.
  class Recording {
   public:
    bool empty() const { return launches_.empty(); }

   private:
    friend class HostExecutor;
    std::vector<std::function<void()>> launches_;
  };
  template <class Launches>
  Recording record(Launches launches) {
    Recording recording;
    recording_ = &recording;
    launches();
    recording_ = nullptr;
    return recording;
  }
  void replay(const Recording& recording) {
    for (const auto& launch : recording.launches_) launch();
  }

  int wanted_blocks() const { return 8; }
  /// Floats of shared memory that a block may have.
  std::size_t most_shared() const { return 56 * 1024; }
  Status finish() { return std::exchange(failure_, Status()); }

 private:
  void demand(bool condition, const char* otherwise) {
    if (!condition && failure_) failure_ = Error{otherwise};
  }

  void issue(std::function<void()> launch) {
    if (recording_ != nullptr) {
      recording_->launches_.push_back(std::move(launch));
    } else {
      launch();
    }
  }

  bool reversed_;
  Recording* recording_ = nullptr;
  Status failure_;
};

}  // namespace signflip::device
