// Which activation several element-wise operators are together.
#include "import/onnx/curve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace signflip::onnx {
namespace {

std::string type_of(const Curve& curve) {
  const auto found = as_activation(curve);
  return found ? found->dump() : "none";
}

TEST(Curve, ActivationsAreFoundByTheirValues) {
  EXPECT_EQ(type_of([](double x) { return x > 0 ? x : 0; }), R"({"type":"relu"})");
  EXPECT_EQ(type_of([](double x) { return std::tanh(x); }), R"({"type":"tanh"})");
  EXPECT_EQ(type_of([](double x) { return 1 / (1 + std::exp(-x)); }), R"({"type":"sigmoid"})");
  EXPECT_EQ(type_of([](double x) { return x / (1 + std::exp(-x)); }), R"({"type":"silu"})");
  EXPECT_EQ(type_of([](double x) { return std::max(x, 0.2 * x); }),
            R"({"type":"leaky_relu","slope":0.2})");
  EXPECT_EQ(type_of([](double x) { return std::min(std::max(x, 0.0), 6.0); }),
            R"({"type":"hardtanh","min_val":0.0,"max_val":6.0})");
  EXPECT_EQ(type_of([](double x) { return std::min(std::max(x, -1.0), 1.0); }),
            R"({"type":"hardtanh","min_val":-1.0,"max_val":1.0})");
}

/// However far out a function is cut, it is no ReLU and no line.
TEST(Curve, BoundsFarOutAreSeen) {
  for (const double bound : {20.0, 30.5, 40.0, 250.0, 6e4}) {
    const auto cut = [&](double x) { return std::clamp(x, -bound, bound); };
    EXPECT_FALSE(as_line(cut)) << bound;
    EXPECT_NE(type_of(cut).find("hardtanh"), std::string::npos) << bound << ": " << type_of(cut);
    EXPECT_FALSE(as_line([&](double x) { return std::min(x, bound); })) << bound;
    EXPECT_EQ(type_of([&](double x) { return std::min(x, bound); }), "none") << bound;
    EXPECT_NE(type_of([&](double x) { return std::clamp(x, 0.0, bound); }), R"({"type":"relu"})")
        << bound;
  }
}

TEST(Curve, GeluWithTheFileConstantsIsGeluInEitherOrder) {
  const auto root = static_cast<double>(1.4142135F);
  EXPECT_EQ(type_of([&](double x) { return x * (std::erf(x / root) + 1.0) * 0.5; }),
            R"({"type":"gelu"})");
  EXPECT_EQ(type_of([&](double x) { return 0.5 * x * (1.0 + std::erf(x / root)); }),
            R"({"type":"gelu"})");
}

TEST(Curve, WhatIsOnlyNearAnActivationIsNone) {
  const auto by_tanh = [](double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / 3.14159265358979) * (x + 0.044715 * x * x * x)));
  };
  EXPECT_EQ(type_of(by_tanh), "none");
  EXPECT_EQ(type_of([](double x) { return x / (1 + std::exp(-1.702 * x)); }), "none");
  EXPECT_EQ(type_of([](double x) { return std::log1p(std::exp(x)); }), "none");      // softplus
  EXPECT_EQ(type_of([](double x) { return x > 0 ? x : std::exp(x) - 1; }), "none");  // ELU
  EXPECT_EQ(type_of([](double x) { return 1 / x; }), "none");
  EXPECT_EQ(type_of([](double x) { return std::sqrt(x); }), "none");
  EXPECT_EQ(type_of([](double) { return 3.0; }), "none");
}

TEST(Curve, LinesAreFound) {
  const auto line = as_line([](double x) { return (x - 0.25) / 0.5; });
  ASSERT_TRUE(line);
  EXPECT_DOUBLE_EQ(line->scale, 2.0);
  EXPECT_DOUBLE_EQ(line->shift, -0.5);
  EXPECT_FALSE(as_line([](double x) { return x * x; }));
  EXPECT_FALSE(as_line([](double x) { return std::abs(x); }));
}

}  // namespace
}  // namespace signflip::onnx
