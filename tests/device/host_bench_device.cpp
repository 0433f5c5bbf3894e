// signflip_cuda_bench_on_host: the host's imitation in place of the card.
#include "device/host/host_device.h"

namespace signflip::device {

Result<std::unique_ptr<Device>> find_cuda_device() { return make_host_device(); }

}  // namespace signflip::device
