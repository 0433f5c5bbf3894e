// The norms that bound a perturbation.
#pragma once

namespace signflip {

enum class Norm { linf, l2 };

}  // namespace signflip
