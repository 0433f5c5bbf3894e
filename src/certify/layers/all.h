// The interval rules of all layers, for the walks that visit them.
#pragma once

#include "certify/layers/batch_norm.h"
#include "certify/layers/conv2d.h"
#include "certify/layers/dense.h"
#include "certify/layers/dropout.h"
#include "certify/layers/flatten.h"
#include "certify/layers/max_pool.h"
#include "certify/layers/relu.h"
#include "certify/layers/sigmoid.h"
#include "certify/layers/upsample.h"
