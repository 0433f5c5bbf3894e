// Runs functors and programs (portable.h) as CUDA kernels on one stream, in order. Host
// code without CUDA chooses them; here are only launches, memory, graphs and errors.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/result.h"
#include "device/kernels/portable.h"

namespace signflip::device {

/// A block of threads, seen from one of them. The functions are for the host, too, only so that
/// host-device templates may name them.
template <int kThreads>
class BlockTeam {
 public:
  template <class T>
  class Own {
   public:
    SIGNFLIP_HOST_DEVICE T& operator[](int) { return value_; }

   private:
    T value_;
  };

  template <class Work>
  SIGNFLIP_HOST_DEVICE void phase(Work work) {
#ifdef __CUDA_ARCH__
    work(static_cast<int>(threadIdx.x));
    __syncthreads();
#else
    (void)work;
#endif
  }
};

template <class Functor>
__global__ void __launch_bounds__(256)
    each_kernel(const std::int64_t count, const __grid_constant__ Functor functor) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += stride) {
    functor(static_cast<int>(i));
  }
}

template <class Program>
__global__ void __launch_bounds__(Program::kThreads)
    program_kernel(const __grid_constant__ Program program) {
  extern __shared__ __align__(16) float shared_memory[];
  BlockTeam<Program::kThreads> team;
  program(team, shared_memory, static_cast<int>(blockIdx.x));
}

/// Keeps the first error; finish() returns and clears it.
class CudaExecutor {
 public:
  CudaExecutor(int multiprocessors, std::size_t most_shared_bytes)
      : multiprocessors_(multiprocessors), most_shared_(most_shared_bytes / sizeof(float)) {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "to make a stream");
  }
  ~CudaExecutor() {
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
  }
  CudaExecutor(const CudaExecutor&) = delete;
  CudaExecutor& operator=(const CudaExecutor&) = delete;

  /// Device memory; its first contents are zeros.
  template <class T>
  class Array {
   public:
    Array() = default;
    Array(T* data, std::size_t size) : data_(data), size_(size) {}
    Array(Array&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Array& operator=(Array&& other) noexcept {
      std::swap(data_, other.data_);
      std::swap(size_, other.size_);
      return *this;
    }
    ~Array() {
      if (data_ != nullptr) cudaFree(data_);  // waits for launches that still use it
    }
    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

   private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
  };

  template <class T>
  Array<T> allocate(std::size_t size) {
    if (size == 0 || failed()) return {};
    void* data = nullptr;
    if (!check(cudaMalloc(&data, size * sizeof(T)), "to allocate", size * sizeof(T))) return {};
    check(cudaMemsetAsync(data, 0, size * sizeof(T), stream_), "to clear memory");
    return Array<T>(static_cast<T*>(data), size);
  }

  /// The host's memory may change as soon as this returns, as it is not pinned.
  template <class T>
  void upload(const T* from, T* to, std::size_t size) {
    copy(from, to, size * sizeof(T), cudaMemcpyHostToDevice);
  }
  /// Complete after finish().
  template <class T>
  void download(const T* from, T* to, std::size_t size) {
    copy(from, to, size * sizeof(T), cudaMemcpyDeviceToHost);
  }

  template <class Functor>
  void for_each(std::int64_t count, const Functor& functor) {
    static_assert(sizeof(Functor) <= kMostParameters);
    if (count <= 0 || failed()) return;
    constexpr std::int64_t kThreads = 256;
    const std::int64_t blocks =
        std::min<std::int64_t>((count + kThreads - 1) / kThreads, 32LL * multiprocessors_);
    each_kernel<<<static_cast<unsigned>(blocks), kThreads, 0, stream_>>>(count, functor);
    check(cudaGetLastError(), "to launch a kernel");
  }

  template <class Program>
  void run(int blocks, const Program& program) {
    static_assert(sizeof(Program) <= kMostParameters);
    if (blocks <= 0 || failed()) return;
    const std::size_t bytes = program.shared() * sizeof(float);
    constexpr std::size_t kWithoutAsking = 48 * 1024;
    if (bytes > kWithoutAsking) {
      check(
          cudaFuncSetAttribute(program_kernel<Program>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(bytes)),
          "to set aside shared memory of", bytes);
      if (failed()) return;
    }
    program_kernel<<<static_cast<unsigned>(blocks), Program::kThreads, bytes, stream_>>>(program);
    check(cudaGetLastError(), "to launch a kernel");
  }

  /// Launches as a graph, which cost the host one call, however many they are.
  class Recording {
   public:
    Recording() = default;
    explicit Recording(cudaGraphExec_t graph) : graph_(graph) {}
    Recording(Recording&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)) {}
    Recording& operator=(Recording&& other) noexcept {
      std::swap(graph_, other.graph_);
      return *this;
    }
    ~Recording() {
      if (graph_ != nullptr) cudaGraphExecDestroy(graph_);
    }
    bool empty() const { return graph_ == nullptr; }

   private:
    friend class CudaExecutor;
    cudaGraphExec_t graph_ = nullptr;
  };

  template <class Launches>
  Recording record(Launches launches) {
    if (failed()) return {};
    // Relaxed: the launches may set attributes of kernels.
    if (!check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed), "to record")) {
      return {};
    }
    launches();
    cudaGraph_t graph = nullptr;
    const cudaError_t ended = cudaStreamEndCapture(stream_, &graph);
    if (failed() || !check(ended, "to record")) {
      if (graph != nullptr) cudaGraphDestroy(graph);
      return {};
    }
    cudaGraphExec_t ready = nullptr;
    check(cudaGraphInstantiate(&ready, graph, 0), "to make a graph");
    cudaGraphDestroy(graph);
    return Recording(ready);
  }
  void replay(const Recording& recording) {
    if (failed() || recording.empty()) return;
    check(cudaGraphLaunch(recording.graph_, stream_), "to launch a graph");
  }

  /// Two blocks per multiprocessor.
  int wanted_blocks() const { return 2 * multiprocessors_; }
  std::size_t most_shared() const { return most_shared_; }

  /// Waits. The first error since the last call, if any.
  Status finish() {
    check(cudaStreamSynchronize(stream_), "to finish its work");
    if (!failed()) return {};
    return Error{std::exchange(failure_, {})};
  }

 private:
  static constexpr std::size_t kMostParameters = 4096 - 16;  // bytes of a kernel's arguments

  bool failed() const { return !failure_.empty(); }

  bool check(cudaError_t code, const char* what, std::size_t bytes = 0) {
    if (code == cudaSuccess) return true;
    cudaGetLastError();  // clears the error, which is reported here
    if (failure_.empty()) {
      failure_ = std::string("the CUDA device failed ") + what;
      if (bytes > 0) failure_ += " " + std::to_string(bytes) + " bytes";
      failure_ += std::string(": ") + cudaGetErrorString(code);
      if (code == cudaErrorMemoryAllocation) failure_ += "; a smaller batch size needs less";
    }
    return false;
  }

  void copy(const void* from, void* to, std::size_t bytes, cudaMemcpyKind kind) {
    if (bytes == 0 || failed()) return;
    check(cudaMemcpyAsync(to, from, bytes, kind, stream_), "to copy", bytes);
    // Pageable memory that is downloaded is complete on return; uploads have been staged.
  }

  int multiprocessors_;
  std::size_t most_shared_;
  cudaStream_t stream_ = nullptr;
  std::string failure_;
};

}  // namespace signflip::device
