// Runs independent pieces of work on a fixed number of threads. What a piece computes must depend
// on its index alone; then results are the same whatever the number of threads. The WASM build
// links thread_pool_serial.cpp instead: shared memory needs isolation headers that course sites
// cannot set.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace signflip {

class ThreadPool {
 public:
  /// `threads` ≥ 1 counts the calling thread; 0 means one per hardware thread. Throws
  /// std::runtime_error, for main() to report, where the system does not give as many.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  /// Calls work(index, worker) once for each index in 0 … count−1 and waits for all of them.
  /// worker is in 0 … threads()−1 and at most one piece at a time runs for each, so it may index
  /// scratch memory. Indices start in ascending order. Not reentrant. What a piece throws (out of
  /// memory: nothing else does) ends the work early and is thrown again here, once all workers are
  /// idle; the pool can be used again.
  void for_each(std::size_t count, const std::function<void(std::size_t index, int worker)>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace signflip
