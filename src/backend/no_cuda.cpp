// Stands in for backend/cuda where CMake was not asked for CUDA.
#include "backend/device.h"

namespace signflip {

Result<std::unique_ptr<Device>> find_cuda_device() {
  return Error{
      "this signflip was built without CUDA: build with SIGNFLIP_CUDA=ON, or use --device cpu"};
}

}  // namespace signflip
