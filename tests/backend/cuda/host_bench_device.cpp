// signflip_cuda_bench_on_host: the host's imitation in place of the card.
#include "backend/cuda/host_device.h"

namespace signflip {

Result<std::unique_ptr<Device>> find_cuda_device() { return device::make_host_device(); }

}  // namespace signflip
