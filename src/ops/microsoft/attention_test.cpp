// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "base/error.h"
#include "ops/microsoft/microsoft_test.h"

namespace tn::ops {
namespace {

// One number is the position of the first token; the heads follow from the caches.
TEST(MicrosoftAttention, RotaryEmbeddingCountsFromAPosition) {
  const auto y = compute_microsoft("RotaryEmbedding",
                                   {floats({1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}), ints({1}),
                                    floats({3, 1}, {1, 0.5, 0.25}), floats({3, 1}, {0, 0.5, 2})},
                                   {{"interleaved", int64_t{1}}});
  expect_near(*y[0], {-0.5, 1.5, -0.5, 3.5, -10.75, 11.5, -14.25, 16});
}

const ConstantPtr kX = wavy({1, 3, 2}), kEye = floats({2, 6}, {1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1});
const Attributes kOneHead = {{"num_heads", int64_t{1}}, {"scale", 0.5}};

// With weights that hand the input through, it is attention of the input to itself.
TEST(MicrosoftAttention, ProjectsMasksAndKeepsItsState) {
  const Attributes plain = {{"q_num_heads", int64_t{1}}, {"kv_num_heads", int64_t{1}}, {"scale", 0.5}};
  Attributes causal = kOneHead;
  causal["unidirectional"] = int64_t{1};
  expect_same(compute_microsoft("Attention", {kX, kEye}, kOneHead)[0], compute_plain("Attention", {kX, kX, kX}, plain));
  const auto seen = [&](const std::vector<double>& keys) {
    return compute_plain("Attention", {kX, kX, kX, tensor_of(DataType::Bool, {1, 1, 1, 3}, keys)}, plain);
  };
  const auto masked = [&](const ConstantPtr& mask) {
    return compute_microsoft("Attention", {kX, kEye, nullptr, mask}, kOneHead)[0];
  };
  expect_same(masked(small(DataType::I32, {1}, {2})), seen({1, 1, 0}));
  expect_same(masked(small(DataType::I32, {2}, {3, 1})), seen({0, 1, 1}));
  expect_same(masked(small(DataType::I32, {5}, {2, 0, 3, 0, 3})), seen({1, 1, 0}));
  expect_same(masked(small(DataType::I32, {1, 3}, {1, 0, 1})), seen({1, 0, 1}));
  expect_same(masked(small(DataType::I32, {1, 3, 3}, {1, 0, 1, 1, 0, 1, 1, 0, 1})), seen({1, 0, 1}));
  // The last token behind a state of the other two.
  const auto all = compute_microsoft("Attention", {kX, kEye}, causal, 2);
  const auto x = numbers(*kX);
  const ConstantPtr last = floats({1, 1, 2}, {x[4], x[5]}),
                    past = floats({2, 1, 1, 2, 2}, {x[0], x[1], x[2], x[3], x[0], x[1], x[2], x[3]});
  const auto step = compute_microsoft("Attention", {last, kEye, nullptr, nullptr, past}, causal, 2);
  const auto y = numbers(*all[0]);
  expect_near(*step[0], {y[4], y[5]});
  expect_same(step[1], all[1]);
}

TEST(MicrosoftAttention, QuantizedProjectionIsThatOfTheNumbers) {
  const ConstantPtr x = small(DataType::U8, {1, 3, 2}, {130, 120, 128, 140, 150, 100}),
                    w = small(DataType::I8, {2, 6}, {1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1});
  const auto y = compute_microsoft("QAttention",
                                   {x, w, floats({6}, {0, 0, 0, 0, 0, 0}), floats({}, {0.1}), floats({}, {1}), nullptr,
                                    small(DataType::U8, {}, {128}), small(DataType::I8, {}, {0})},
                                   kOneHead);
  const ConstantPtr real = floats({1, 3, 2}, {0.2, -0.8, 0, 1.2, 2.2, -2.8});
  expect_same(y[0], compute_microsoft("Attention", {real, kEye}, kOneHead)[0], 1e-5);
}

TEST(MicrosoftAttention, PackedHeadsAreThoseApart) {
  const ConstantPtr packed = wavy({1, 3, 2, 3, 2}), bias = wavy({12}, 0.3);
  std::vector<double> apart[3];
  for (size_t i = 0; i < 36; ++i) apart[i / 2 % 3].push_back(packed->number(static_cast<int64_t>(i)));
  const ConstantPtr q = floats({1, 3, 4}, apart[0]), k = floats({1, 3, 4}, apart[1]), v = floats({1, 3, 4}, apart[2]);
  const Attributes two = {{"num_heads", int64_t{2}}};
  const auto expected = compute_microsoft("MultiHeadAttention", {q, k, v, bias}, two);
  expect_same(compute_microsoft("MultiHeadAttention", {packed, nullptr, nullptr, bias}, two)[0], expected[0]);
  std::vector<double> pairs;
  for (size_t i = 0; i < 36; ++i) {
    if (i / 2 % 3 > 0) pairs.push_back(packed->number(static_cast<int64_t>(i)));
  }
  const auto y = compute_microsoft("MultiHeadAttention", {q, floats({1, 3, 2, 2, 2}, pairs), nullptr, bias}, two);
  expect_same(y[0], expected[0]);
}

ConstantPtr i32(const std::vector<double>& values) {
  return small(DataType::I32, {static_cast<int64_t>(values.size())}, values);
}

// A prompt at once, and its last token behind the others in a cache with room.
TEST(MicrosoftAttention, GroupsShareACacheThatIsWritten) {
  Attributes attributes = {{"num_heads", int64_t{2}}, {"kv_num_heads", int64_t{1}}};
  const ConstantPtr q = wavy({1, 3, 4}), k = wavy({1, 3, 2}, 0.4), v = wavy({1, 3, 2}, 0.9);
  for (const bool windowed : {false, true}) {
    if (windowed) attributes["local_window_size"] = int64_t{2};
    const auto whole =
        compute_microsoft("GroupQueryAttention", {q, k, v, nullptr, nullptr, i32({2}), i32({3})}, attributes, 3);
    const auto row = [](const ConstantPtr& x, int64_t size) {
      std::vector<double> values;
      for (int64_t i = 2 * size; i < 3 * size; ++i) values.push_back(x->number(i));
      return floats({1, 1, size}, values);
    };
    const auto room = [](const ConstantPtr& x) {
      return floats({1, 1, 5, 2}, {x->number(0), x->number(1), x->number(2), x->number(3), 9, 9, 0, 0, 0, 0});
    };
    const auto step = compute_microsoft(
        "GroupQueryAttention", {row(q, 4), row(k, 2), row(v, 2), room(k), room(v), i32({2}), i32({3})}, attributes, 3);
    expect_same(step[0], row(whole[0], 4));
    EXPECT_EQ(to_string(step[1]->dims()), "[1,1,5,2]");
    EXPECT_EQ(step[1]->number(4), whole[1]->number(4));
  }
}

// Keys of zeros give every key the same weight; a sink of 0 has as much.
TEST(MicrosoftAttention, ASinkTakesItsShare) {
  const ConstantPtr zeros = floats({1, 2, 2}, {0, 0, 0, 0}), v = floats({1, 2, 2}, {3, 6, 9, 3});
  const Attributes attributes = {
      {"num_heads", int64_t{1}}, {"kv_num_heads", int64_t{1}}, {"smooth_softmax", int64_t{1}}};
  const auto y =
      compute_microsoft("GroupQueryAttention", {zeros, zeros, v, nullptr, nullptr, i32({1}), i32({2})}, attributes);
  expect_near(*y[0], {1.5, 3, 4, 3});
}

TEST(MicrosoftAttention, GroupsNormalizeTheirHeads) {
  const ConstantPtr q = wavy({1, 3, 4}), k = wavy({1, 3, 2}, 0.4), v = wavy({1, 3, 2}, 0.9), w = floats({2}, {1, 2});
  const auto heads = [&](const ConstantPtr& x, const Shape& dims) {
    const ConstantPtr y =
        compute_plain("RMSNormalization", {floats({1, 3, x->elements() / 6, 2}, numbers(*x)), w}, {{"epsilon", 1e-6}});
    return floats(dims, numbers(*y));
  };
  const Attributes attributes = {{"num_heads", int64_t{2}}, {"kv_num_heads", int64_t{1}}};
  std::vector<ConstantPtr> inputs = {heads(q, {1, 3, 4}), heads(k, {1, 3, 2}), v, nullptr, nullptr, i32({2}), i32({3})};
  const auto expected = compute_microsoft("GroupQueryAttention", inputs, attributes);
  inputs[0] = q;
  inputs[1] = k;
  inputs.resize(14);
  inputs.insert(inputs.end(), {w, w});
  expect_same(compute_microsoft("GroupQueryAttention", inputs, attributes)[0], expected[0]);
}

TEST(MicrosoftAttention, WhatIsMissingIsNamed) {
  const auto message = [](std::string_view op, const std::vector<ConstantPtr>& inputs, Attributes attributes) {
    try {
      compute_microsoft(op, inputs, std::move(attributes));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Unsupported);
      return std::string(error.what());
    }
    return std::string("no error");
  };
  Attributes rotary = kOneHead;
  rotary["do_rotary"] = int64_t{1};
  EXPECT_THAT(message("Attention", {kX, kEye}, rotary), testing::HasSubstr("attribute do_rotary = 1; export"));
  EXPECT_THAT(message("Attention", {kX, kEye, nullptr, small(DataType::I32, {1, 1, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1})},
                      kOneHead),
              testing::HasSubstr("a mask i32[1,1,3,3]; export"));
}

}  // namespace
}  // namespace tn::ops
