// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/kernels/attention/attention.h"

#include "backends/cpu/kernels/rows/row_fixture_test.h"

namespace tn {
namespace {

AttentionShape::Strides strides_of(const RowTensor& tensor) {
  const Shape& s = tensor.view.strides;
  return {s[0], s[1], s[2], s[3]};
}

struct Case {
  AttentionShape shape;
  AttentionParams params;
  std::vector<int> query_order{0, 2, 1, 3}, key_order{0, 2, 1, 3}, value_order{0, 2, 1, 3}, out_order{0, 2, 1, 3};
  Shape mask_dims;  // with ones where the mask repeats
};

void naive(const Case& c, const RowTensor& q, const RowTensor& k, const RowTensor& v, const RowTensor* mask,
           const RowTensor& out) {
  const AttentionShape& s = c.shape;
  const int64_t ratio = s.key_heads == 0 ? 1 : s.heads / s.key_heads;
  const auto at = [](const RowTensor& t, int64_t a, int64_t b, int64_t i, int64_t j) {
    const Shape& x = t.view.strides;
    return a * x[0] + b * x[1] + i * x[2] + j * x[3];
  };
  for (Walk walk({s.batch, s.heads, s.queries}, {}); walk.more(); walk.next()) {
    const int64_t b = walk.index()[0], h = walk.index()[1], i = walk.index()[2];
    std::vector<double> weight(static_cast<size_t>(s.keys), -INFINITY);
    double top = -INFINITY, sum = 0;
    for (int64_t j = 0; j < s.keys; ++j) {
      if (c.params.causal && j > i + s.causal_offset) continue;
      double score = 0;
      for (int64_t d = 0; d < s.dim; ++d) score += q.at(at(q, b, h, i, d)) * k.at(at(k, b, h / ratio, j, d));
      score *= static_cast<double>(c.params.scale);
      if (mask != nullptr) {
        const double m = mask->at(b * s.mask[0] + h * s.mask[1] + i * s.mask[2] + j * s.mask[3]);
        score += *c.params.mask == DataType::Bool ? (m != 0 ? 0.0 : -INFINITY) : m;
      }
      weight[static_cast<size_t>(j)] = score;
      top = std::fmax(top, score);
    }
    for (double& w : weight) sum += w = std::exp(w - top);
    for (int64_t d = 0; d < s.value_dim; ++d) {
      double value = 0;
      for (int64_t j = 0; j < s.keys; ++j) value += weight[static_cast<size_t>(j)] * v.at(at(v, b, h / ratio, j, d));
      store_double(out.view, at(out, b, h, i, d), value / sum);
    }
  }
}

class AttentionOn : public OnEveryIsa {
 protected:
  static void check(Case c, std::mt19937& random, int threads) {
    AttentionShape& s = c.shape;
    c.params.isa = GetParam();
    const DataType type = c.params.type;
    const int64_t key_heads = s.key_heads == 0 ? s.heads : s.key_heads;
    RowTensor q(type, {s.batch, s.heads, s.queries, s.dim}, c.query_order, 1);
    RowTensor k(type, {s.batch, key_heads, s.keys, s.dim}, c.key_order, 1);
    RowTensor v(type, {s.batch, key_heads, s.keys, s.value_dim}, c.value_order, 1);
    RowTensor out(type, {s.batch, s.heads, s.queries, s.value_dim}, c.out_order, 1);
    RowTensor want(DataType::F32, out.view.dims, {0, 1, 2, 3});
    for (RowTensor* t : {&q, &k, &v}) t->fill(random, -2, 2);
    s.query = strides_of(q);
    s.key = strides_of(k);
    s.value = strides_of(v);
    s.out = strides_of(out);
    std::optional<RowTensor> mask;
    if (c.params.mask) {
      mask.emplace(*c.params.mask, c.mask_dims, std::vector<int>{0, 1, 2, 3}, 0);
      mask->fill(random, -3, 3);
      if (*c.params.mask == DataType::Bool) {
        for (int64_t i = 0; i < c.mask_dims.elements(); ++i)
          store_int64(mask->view, i, i % 5 == 0 || random() % 3 == 0);
      }
      s.mask = strides_of(*mask);
      for (int i = 0; i < 4; ++i) s.mask[static_cast<size_t>(i)] *= c.mask_dims[i] != 1;
    }
    naive(c, q, k, v, mask ? &*mask : nullptr, want);
    Lane lane(threads);
    Attention attention(c.params);
    attention.bind(s);
    std::vector<float> workspace(attention.workspace_bytes(s, threads) / sizeof(float) + 16);
    void* room = workspace.data() + (16 - reinterpret_cast<uintptr_t>(workspace.data()) / sizeof(float) % 16) % 16;
    attention.run(lane, q.view.data, k.view.data, v.view.data, mask ? mask->view.data : nullptr, out.view.data, room);
    expect_close(out.view, want.view, epsilon_of(type), epsilon_of(type) + 2e-6);
    expect_gaps_untouched(out);
  }
};

TEST_P(AttentionOn, SizesTypesAndThreads) {
  std::mt19937 random(8);
  for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16}) {
    for (const int64_t queries : {1, 3, 4, 7, 25, 64, 197}) {
      for (const int64_t keys : {1, 5, 33, 130}) {
        Case c;
        c.shape = {.batch = 1 + queries % 2, .heads = 3, .queries = queries, .keys = keys};
        c.shape.dim = std::vector<int64_t>{8, 17, 64}[random() % 3];
        c.shape.value_dim = std::vector<int64_t>{5, 16, 64, 72}[random() % 4];
        c.params.type = type;
        c.params.scale = 1.0f / std::sqrt(static_cast<float>(c.shape.dim));
        check(c, random, 1 + static_cast<int>(random() % 3));
        if (HasFatalFailure()) FAIL() << queries << " queries, " << keys << " keys, " << name_of(type);
      }
    }
  }
}

TEST_P(AttentionOn, LongSequencesInSeveralBlocks) {
  std::mt19937 random(9);
  for (const int64_t queries : {2, 230, 400}) {
    for (const bool causal : {false, true}) {
      Case c;
      c.shape = {.heads = 2, .queries = queries, .keys = 700, .dim = 16, .value_dim = 24};
      c.shape.causal_offset = 700 - queries;
      c.params.causal = causal;
      c.params.scale = 0.25f;
      check(c, random, 2);
    }
  }
}

TEST_P(AttentionOn, MasksOfEveryTypeAndBroadcast) {
  std::mt19937 random(10);
  for (const DataType type : {DataType::F32, DataType::F16, DataType::Bool}) {
    for (const Shape& dims : {Shape{2, 3, 20, 50}, Shape{2, 1, 1, 50}, Shape{1, 1, 20, 50}, Shape{1, 3, 20, 1}}) {
      for (const int64_t queries : {20, 2}) {
        Case c;
        c.shape = {.batch = 2, .heads = 3, .queries = queries, .keys = 50, .dim = 32, .value_dim = 32};
        c.mask_dims = dims;
        if (dims[2] != 1) c.mask_dims[2] = queries;
        if (type == DataType::Bool && dims[3] == 1) continue;  // whole rows shut out have no answer
        c.params.mask = type;
        c.params.scale = 0.2f;
        c.params.causal = random() % 2 == 0;
        c.shape.causal_offset = 30;
        check(c, random, 2);
        if (HasFatalFailure()) FAIL() << name_of(type) << to_string(dims);
      }
    }
  }
}

TEST_P(AttentionOn, AnyOrderOfAxesAndSharedKeyHeads) {
  std::mt19937 random(11);
  for (const std::vector<int>& order : std::vector<std::vector<int>>{{0, 1, 2, 3}, {0, 1, 3, 2}, {3, 1, 2, 0}}) {
    for (const DataType type : {DataType::F32, DataType::BF16}) {
      Case c;
      c.shape = {.batch = 2, .heads = 6, .queries = 9, .keys = 40, .dim = 12, .value_dim = 20, .key_heads = 2};
      c.params.type = type;
      c.params.scale = 0.3f;
      c.query_order = c.key_order = c.value_order = c.out_order = order;
      check(c, random, 2);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, AttentionOn, testing::ValuesIn(available_isas().begin(), available_isas().end()),
                         isa_name);

}  // namespace
}  // namespace tn
