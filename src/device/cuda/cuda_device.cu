// find_cuda_device(): the first CUDA card, as a Device. Everything that the card computes is in the
// headers beside this file; see portable.h.
#include <cuda_runtime.h>

#include <memory>
#include <string>

#include "device/cuda/cuda_executor.cuh"
#include "device/device.h"
#include "device/programs/executor_device.h"

namespace signflip::device {
namespace {

constexpr int kNumber = 0;  // CUDA_VISIBLE_DEVICES can choose another

Error no_device(const std::string& why) {
  return Error{"no CUDA device can be used: " + why + "; use the device cpu"};
}

}  // namespace

Result<std::unique_ptr<Device>> find_cuda_device() {
  int count = 0;
  const cudaError_t counted = cudaGetDeviceCount(&count);
  if (counted == cudaErrorInsufficientDriver) {
    return no_device("there is no NVIDIA driver here, or one that is too old for this build");
  }
  if (counted != cudaSuccess) return no_device(cudaGetErrorString(counted));
  if (count == 0) return no_device("none was found");
  cudaDeviceProp properties;
  cudaError_t code = cudaSetDevice(kNumber);
  if (code == cudaSuccess) code = cudaGetDeviceProperties(&properties, kNumber);
  if (code != cudaSuccess) return no_device(cudaGetErrorString(code));
  const std::string name = std::string(properties.name) + ", compute capability " +
                           std::to_string(properties.major) + "." +
                           std::to_string(properties.minor);
  if (properties.major < 8) return no_device(name + " is older than 8.0");
  auto executor = std::make_unique<CudaExecutor>(properties.multiProcessorCount,
                                                 properties.sharedMemPerBlockOptin);
  const Status ready = executor->finish();
  if (!ready) return no_device(ready.error().message);
  return std::unique_ptr<Device>(
      std::make_unique<ExecutorDevice<CudaExecutor>>(std::move(executor), name));
}

}  // namespace signflip::device
