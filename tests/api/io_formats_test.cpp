// SPDX-License-Identifier: Apache-2.0
// Formats of inputs and outputs: the same numbers, elsewhere in memory.
#include <cstddef>

#include "session.h"

namespace tenon::test {
namespace {

struct Form {
  const char* name;
  TensorFormat format;
  DataType type;
  std::vector<int64_t> extents;  ///< N, C, then spatial ones
  int64_t vector = 1;
  bool last = false;
  int64_t row_bytes = 1;
};

int64_t round_up(int64_t value, int64_t to) {
  return (value + to - 1) / to * to;
}

/// Where things are, written down once more for each family of formats.
struct Memory {
  explicit Memory(const Form& f) : form(f) {
    spatial.assign(f.extents.begin() + 2, f.extents.end());
    channels = round_up(f.extents[1], f.vector);
    const int64_t in_row = static_cast<int64_t>(getSize(f.type)) * (f.last ? channels : 1);
    if (f.row_bytes > 1) spatial.back() = round_up(spatial.back(), f.row_bytes / in_row);
    size = f.extents[0] * channels;
    for (const int64_t extent : spatial) size *= extent;
  }
  size_t at(int64_t n, int64_t c, const std::vector<int64_t>& index) const {
    int64_t offset = n * (form.last ? 1 : channels / form.vector) + (form.last ? 0 : c / form.vector);
    for (size_t i = 0; i < spatial.size(); ++i) offset = offset * spatial[i] + index[i];
    return static_cast<size_t>(form.last ? offset * channels + c : offset * form.vector + c % form.vector);
  }
  /// Calls `visit` with a small number for each element, and where that lies.
  void each(auto&& visit) const {
    const std::vector<int64_t> extents(form.extents.begin() + 2, form.extents.end());
    int64_t places = 1;
    for (const int64_t extent : extents) places *= extent;
    for (int64_t i = 0; i < form.extents[0] * form.extents[1] * places; ++i) {
      std::vector<int64_t> index(extents.size());
      int64_t rest = i % places;
      for (size_t axis = extents.size(); axis-- > 0;) {
        index[axis] = rest % extents[axis];
        rest /= extents[axis];
      }
      const int64_t channel = i / places;
      visit(static_cast<int>(i % 61), at(channel / form.extents[1], channel % form.extents[1], index));
    }
  }
  const Form& form;
  std::vector<int64_t> spatial;
  int64_t channels, size;
};

/// Bits of a small whole number.
uint32_t bits(DataType type, int value) {
  if (type == DataType::kINT8 || type == DataType::kUINT8) return static_cast<uint8_t>(value);
  const auto number = static_cast<float>(value);
  uint32_t single = 0;
  std::memcpy(&single, &number, sizeof single);
  if (type == DataType::kFLOAT) return single;
  if (type == DataType::kBF16) return single >> 16;
  return value == 0 ? 0 : ((single >> 23) - 112) << 10 | (single >> 13 & 0x3ff);
}

/// y = x + x for batches of 1 to 4.
std::unique_ptr<IHostMemory> build_doubling(const Form& form, Log& log) {
  const std::unique_ptr<IBuilder> builder(createInferBuilder(log));
  const std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  std::vector<int64_t> open = form.extents;
  open[0] = -1;
  ITensor* x = network->addInput("x", form.type, dims_of(open));
  ITensor* y = network->addElementWise(*x, *x, ElementWiseOperation::kSUM)->getOutput(0);
  y->setName("y");
  network->markOutput(*y);
  for (ITensor* tensor : {x, y}) tensor->setAllowedFormats(1u << static_cast<int>(form.format));
  const std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  config->setBuilderOptimizationLevel(0);
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  for (const auto select : {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX}) {
    open[0] = select == OptProfileSelector::kMIN ? 1 : 4;
    profile->setDimensions("x", select, dims_of(open));
  }
  config->addOptimizationProfile(profile);
  return std::unique_ptr<IHostMemory>(builder->buildSerializedNetwork(*network, *config));
}

class Formats : public ::testing::TestWithParam<Form> {};

TEST_P(Formats, DoublesWhatLiesThere) {
  const Form& form = GetParam();
  const size_t size = getSize(form.type);
  const Memory memory(form);
  Log log;
  const std::unique_ptr<IHostMemory> plan = build_doubling(form, log);
  ASSERT_TRUE(plan) << log.text;
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(log));
  const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  ASSERT_TRUE(engine) << log.text;
  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  for (const char* name : {"x", "y"}) {
    EXPECT_EQ(engine->getTensorFormat(name), form.format);
    EXPECT_EQ(engine->getTensorComponentsPerElement(name), form.vector > 1 ? form.vector : -1);
    EXPECT_EQ(engine->getTensorVectorizedDim(name), form.vector > 1 ? 1 : -1);
    EXPECT_EQ(engine->getTensorBytesPerComponent(name), form.vector > 1 ? static_cast<int>(size) : -1);
  }
  ASSERT_TRUE(context->setInputShape("x", dims_of(form.extents))) << log.text;
  const Dims strides = context->getTensorStrides("y");
  EXPECT_EQ(strides.d[0] * form.vector * form.extents[0], memory.size);
  // A page of something else in the padding, and behind.
  constexpr size_t kBehind = 64;
  std::vector<std::byte> in(static_cast<size_t>(memory.size) * size + kBehind, std::byte{0x55}), out = in;
  std::vector<std::byte> expected(static_cast<size_t>(memory.size) * size, std::byte{0});
  memory.each([&](int value, size_t at) {
    const uint32_t once = bits(form.type, value), twice = bits(form.type, 2 * value);
    std::memcpy(in.data() + at * size, &once, size);
    std::memcpy(expected.data() + at * size, &twice, size);
  });
  ASSERT_TRUE(context->setTensorAddress("x", in.data()) && context->setTensorAddress("y", out.data())) << log.text;
  ASSERT_TRUE(context->enqueueV3(nullptr)) << log.text;
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), out.begin())) << "padding of results is zero";
  EXPECT_TRUE(std::all_of(out.end() - kBehind, out.end(), [](std::byte b) { return b == std::byte{0x55}; }));
}

using enum DataType;
const Form kForms[] = {
    {"chw", TensorFormat::kLINEAR, kFLOAT, {2, 5, 3, 4}},
    {"chw2", TensorFormat::kCHW2, kHALF, {2, 5, 3, 4}, 2},
    {"chw2_bf16", TensorFormat::kCHW2, kBF16, {2, 4, 3, 4}, 2},
    {"hwc8", TensorFormat::kHWC8, kHALF, {2, 5, 3, 4}, 8, true},
    {"chw4", TensorFormat::kCHW4, kINT8, {2, 5, 3, 4}, 4},
    {"chw16", TensorFormat::kCHW16, kHALF, {2, 37, 3, 4}, 16},
    {"chw32", TensorFormat::kCHW32, kINT8, {2, 5, 3, 4}, 32},
    {"chw32_f32", TensorFormat::kCHW32, kFLOAT, {3, 64, 3, 4}, 32},
    {"dhwc8", TensorFormat::kDHWC8, kBF16, {2, 9, 2, 3, 4}, 8, true},
    {"cdhw32", TensorFormat::kCDHW32, kHALF, {2, 33, 2, 3, 4}, 32},
    {"hwc", TensorFormat::kHWC, kFLOAT, {2, 5, 3, 4}, 1, true},
    {"hwc_u8", TensorFormat::kHWC, kUINT8, {2, 3, 3, 4}, 1, true},
    {"dla_linear", TensorFormat::kDLA_LINEAR, kHALF, {2, 5, 3, 4}, 1, false, 64},
    {"dla_linear_i8", TensorFormat::kDLA_LINEAR, kINT8, {2, 5, 3, 65}, 1, false, 64},
    {"dla_hwc4", TensorFormat::kDLA_HWC4, kINT8, {2, 3, 3, 4}, 4, true, 64},
    {"dla_hwc4_gray", TensorFormat::kDLA_HWC4, kHALF, {2, 1, 3, 4}, 1, true, 64},
    {"hwc16", TensorFormat::kHWC16, kINT8, {2, 5, 3, 4}, 16, true},
    {"dhwc", TensorFormat::kDHWC, kFLOAT, {2, 5, 2, 3, 4}, 1, true},
};
INSTANTIATE_TEST_SUITE_P(All, Formats, ::testing::ValuesIn(kForms), [](const auto& form) { return form.param.name; });

TEST(FormatsOfInputs, WhatIsIllegalIsOneLine) {
  Session s;
  ITensor& x = s.input({2, 3});
  x.setAllowedFormats(1u << static_cast<int>(TensorFormat::kHWC));
  EXPECT_FALSE(s.run(s.network->addActivation(x, ActivationType::kRELU)));
  EXPECT_EQ(s.log.text, "'x0': format hwc needs 3 dimensions or more; the shape is [2,3]\n");
}

TEST(FormatsOfInputs, LinearIsTakenWhereItIsAllowed) {
  Session s;
  ITensor& x = s.input({1, 2, 1, 2}, {-1, 2, -3, 4});
  x.setAllowedFormats(1u << static_cast<int>(TensorFormat::kHWC) | 1u);
  expect(s, s.network->addActivation(x, ActivationType::kRELU), {1, 2, 1, 2}, {0, 2, 0, 4});
}

}  // namespace
}  // namespace tenon::test
