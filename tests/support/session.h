// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "builder/builder.h"
#include "exec/context.h"
#include "tuning/tactic.h"

namespace tn::test {

/// Owned dense tensor.
struct Value {
  DataType type = DataType::F32;
  Shape dims;
  std::vector<std::byte> bytes;
  TensorView view() const { return TensorView::dense(const_cast<std::byte*>(bytes.data()), type, dims); }
};

/// What build_and_run() builds for from now on; the processor at first.
struct Place {
  BuildBackend backend = BuildBackend::Cpu;
  bool fp16 = false, tf32 = false;
  std::string preferred_tactic;      ///< taken wherever it is a candidate
  Device* device = nullptr;          ///< instead of the first CUDA device
  TextCompiler* compiler = nullptr;  ///< instead of NVRTC
};
void set_place(const Place& place);
/// The same as passes and tactics see it: to ask what they would do; nothing is compiled or measured with it.
const Backend& place_backend();
Target place_target();

/// Builds a graph with one profile that admits exactly the given input shapes (fixed extents need none), writes and
/// reads the engine back, runs it once (twice if the time of a run is asked for) and returns the outputs in order.
/// Throws Error.
std::vector<Value> build_and_run(Graph graph, const std::map<std::string, Value>& inputs, int threads = 1,
                                 double* milliseconds = nullptr,
                                 std::set<std::string, std::less<>> disabled_passes = {});

/// Runs an engine once: on the device, if it is for one. Outputs are full of bytes 0xff before.
std::vector<Value> run(const std::shared_ptr<const EngineFile>& engine, const std::map<std::string, Value>& inputs,
                       Device* device, int threads = 1);

/// Prints every step of a run with its time and kernel, the slowest first.
void print_steps(Graph graph, const std::map<std::string, Value>& inputs);

}  // namespace tn::test
