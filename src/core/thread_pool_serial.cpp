// ThreadPool where there are no threads (WASM): everything runs on the caller.
#include "core/thread_pool.h"

namespace signflip {

struct ThreadPool::State {};

ThreadPool::ThreadPool(int) {}
ThreadPool::~ThreadPool() = default;

int ThreadPool::threads() const { return 1; }

void ThreadPool::for_each(std::size_t count, const std::function<void(std::size_t, int)>& work) {
  for (std::size_t i = 0; i < count; ++i) work(i, 0);
}

}  // namespace signflip
