// SPDX-License-Identifier: Apache-2.0
// write_corpus FOLDER: writes the files of the corpus that a program makes: models, weights of Caffe, and engines,
// which are made again whenever their format changes. Prototxts are written by hand.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/os/file.h"
#include "builder/builder.h"
#include "builder/onnx_operators.h"
#include "engine/engine_file.h"
#include "engine/plan_generated.h"
#include "fuzz/trained_weights.h"
#include "hostile/good_models.h"
#include "hostile/model_text.h"

namespace tn::test {
namespace {

/// A network with an input x, whose extents are open where the profile has several.
struct EngineSeed {
  const char* name;
  const char* model;
  ShapeBounds x;
};

const EngineSeed kEngines[] = {
    {"conv",
     "inputs x:f32[N,3,6,6]\nc = Conv(x, f32[4,3,3,3]!, f32[4]!) pads=[1,1,1,1]\nRelu(c)",
     {{1, 3, 6, 6}, {2, 3, 6, 6}, {3, 3, 6, 6}}},
    {"depthwise",
     "inputs x:f32[1,8,H,6]\nConv(x, f32[8,1,3,3]!) group=8 pads=[1,1,1,1]",
     {{1, 8, 4, 6}, {1, 8, 6, 6}, {1, 8, 9, 6}}},
    {"pool",
     "inputs x:f32[N,2,6,6]\nm = MaxPool(x) kernel_shape=[2,2] strides=[2,2]\nGlobalAveragePool(m)",
     {{1, 2, 6, 6}, {2, 2, 6, 6}, {4, 2, 6, 6}}},
    {"gemm",
     "inputs x:f32[N,6]\ng = Gemm(x, f32[5,6]!, f32[5]!) transB=1\nSoftmax(g) axis=-1",
     {{1, 6}, {2, 6}, {4, 6}}},
    {"matmul", "inputs x:f32[N,T,4]\nt = Transpose(x) perm=[0,2,1]\nMatMul(x, t)", {{1, 1, 4}, {2, 3, 4}, {3, 5, 4}}},
    {"attention", "inputs x:f32[N,2,T,4]\nAttention(x, x, x) scale=0.5", {{1, 2, 1, 4}, {1, 2, 3, 4}, {2, 2, 5, 4}}},
    {"norm", "inputs x:f32[N,8]\nLayerNormalization(x, f32[8]!, f32[8]!) axis=-1", {{1, 8}, {2, 8}, {4, 8}}},
    {"reduce", "inputs x:f32[N,3,4]\nReduceMean(x, i64[1]{1}) keepdims=0", {{1, 3, 4}, {2, 3, 4}, {4, 3, 4}}},
    {"resize",
     "inputs x:f32[1,2,H,4]\nResize(x, -, f32[4]{1,1,2,2}) mode='linear'",
     {{1, 2, 2, 4}, {1, 2, 3, 4}, {1, 2, 5, 4}}},
    {"gather", "inputs x:i64[N]\nGather(f32[5,4]!, x) axis=0", {{1}, {2}, {4}}},
    {"elementwise", "inputs x:f32[N,6]\ns = Sin(x)\nm = Mul(s, f32[6]!)\nAdd(m, x)", {{1, 6}, {2, 6}, {4, 6}}},
    {"views",
     "inputs x:f32[N,12]\nh = Shape(x)\nn = Gather(h, i64[1]{0}) axis=0\nt = Concat(n, i64[2]{3,4}) axis=0\n"
     "r = Reshape(x, t)\na, b = Split(r, i64[2]{1,3}) axis=2\nConcat(b, a) axis=2",
     {{1, 12}, {2, 12}, {4, 12}}},
    {"reference", "inputs x:f32[2,N]\nv, i = TopK(x, i64[1]{2}) axis=-1\noutputs v i", {{2, 3}, {2, 6}, {2, 8}}},
    {"nonzero", "inputs x:f32[N,3]\nn = NonZero(x)\nTranspose(n) perm=[1,0]", {{1, 3}, {2, 3}, {4, 3}}},
    {"if",
     "inputs x:f32[N,3] c:bool[]\nIf(c) then_branch=<Relu(x);> else_branch=<a = Neg(x);Abs(a);>",
     {{1, 3}, {2, 3}, {4, 3}}},
    {"loop",
     "inputs x:f32[2] n:i64[]\nc = Identity(bool[]{1})\ny, s = Loop(n, c, x) body=<inputs i:i64[] c:bool[] v:f32[2];"
     "d = Identity(c);w = Add(v, v);outputs d w;>\nRelu(y)",
     {{2}, {2}, {2}}},
    {"scan",
     "inputs x:f32[4,2]\ny, s = Scan(f32[2], x) num_scan_inputs=1 body=<inputs v:f32[2] e:f32[2];w = Add(v, e);"
     "outputs w w;>\noutputs y s",
     {{4, 2}, {4, 2}, {4, 2}}},
    {"quantized",
     "inputs x:f32[N,4]\nq = QuantizeLinear(x, f32[]{0.5}, u8[]{128})\nDequantizeLinear(q, f32[]{0.5}, u8[]{128})",
     {{1, 4}, {2, 4}, {4, 4}}},
};

std::vector<std::byte> engine_of(const EngineSeed& seed) {
  const std::string model = parse_model(seed.model).SerializeAsString();
  BuilderConfig config;
  config.threads = 1;
  config.timing = false;
  config.profiles = {{{"x", seed.x}}};
  SilentLogger logger;
  TimingCache cache;
  const auto engine = EngineFile::from_bytes(
      build_engine(import::import_onnx(std::as_bytes(std::span(model)), {}, onnx_operators()), config, logger, cache));
  plan::PlanT plan = engine->plan();
  plan.device = "any processor";
  return write_engine(plan, engine->weights());
}

// "12_Conv" for the model of that number.
std::string name_of(size_t index, const onnx::ModelProto& model) {
  return fmt::format("{:03}_{}", index, model.graph().node(model.graph().node_size() - 1).op_type());
}

void write(const std::filesystem::path& folder, const std::string& name, std::string_view bytes) {
  std::filesystem::create_directories(folder);
  write_file_atomically(folder / name, bytes);
}

void write_corpus(const std::filesystem::path& folder) {
  for (size_t i = 0; i < good_models().size(); ++i) {
    const onnx::ModelProto model = parse_model(good_models()[i]);
    constexpr size_t kEach = 6;  // the wire format does not know operators
    if (i % kEach == 0) write(folder / "onnx_wire", name_of(i, model), model.SerializeAsString());
    write(folder / "onnx_import", name_of(i, model), model.SerializeAsString());
  }
  for (const auto& [name, bytes] : trained_weights()) write(folder / "caffemodel", name, bytes);
  for (const EngineSeed& seed : kEngines) {
    const auto bytes = engine_of(seed);
    write(folder / "engine", seed.name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
}

}  // namespace
}  // namespace tn::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_corpus FOLDER\n";
    return 2;
  }
  tn::test::write_corpus(argv[1]);
}
