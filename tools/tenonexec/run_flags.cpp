// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/flag_setters.h"
#include "tenonexec/flags.h"

namespace tenonexec {
namespace {

void set_algorithm(Options& options, View flag, View value) {
  options.inference.accuracy_algorithm =
      choice<View>(flag, value, {{"l0", "l0"}, {"l1", "l1"}, {"l2", "l2"}, {"lInf", "lInf"}, {"cos", "cos"}});
}

}  // namespace

std::vector<Flag> run_flags() {
  using O = Options&;
  return {
      {"shapes", "SPEC", Group::Inference, "input shapes to run (default: those tuned for)",
       [](O o, View f, View v) { o.inference.shapes = parse_shapes(f, v); }},
      {"loadInputs", "SPEC", Group::Inference, "raw values, name:file[,…]; other inputs are random",
       [](O o, View f, View v) { o.inference.inputs = parse_names(f, v); }},
      {"loadRefOutputs", "SPEC", Group::Inference, "raw expected outputs to compare with, name:file[,…]",
       [](O o, View f, View v) { o.inference.reference_outputs = parse_names(f, v); }},
      {"accuracyAlgorithm", "NAME", Group::Inference, "l0 (share outside atol + rtol*|ref|), l1, l2, lInf or cos",
       set_algorithm},
      {"atol", "X", Group::Inference, "absolute tolerance of l0 (1e-5)",
       [](O o, View f, View v) { o.inference.atol = parse_number(f, v, 0, 1e300); }},
      {"rtol", "X", Group::Inference, "relative tolerance of l0 (1e-5)",
       [](O o, View f, View v) { o.inference.rtol = parse_number(f, v, 0, 1e300); }},
      {"accuracyThreshold", "X", Group::Inference, "fail where the measure is above X",
       [](O o, View f, View v) { o.inference.accuracy_threshold = parse_number(f, v, 0, 1e300); }},
      {"iterations", "N", Group::Inference, "at least N runs (10)",
       [](O o, View f, View v) { o.inference.iterations = integer(f, v, 0); }},
      {"warmUp", "N", Group::Inference, "milliseconds of runs before measuring (200)",
       [](O o, View f, View v) { o.inference.warm_up_ms = integer(f, v, 0); }},
      {"duration", "N", Group::Inference, "seconds of measured runs at least (3); -1 runs until stopped",
       [](O o, View f, View v) { o.inference.duration_s = integer(f, v, -1); }},
      {"sleepTime", "N", Group::Inference, "milliseconds between launch and computation (0)",
       [](O o, View f, View v) { o.inference.sleep_ms = integer(f, v, 0); }},
      {"idleTime", "N", Group::Inference, "milliseconds of pause between runs (0)",
       [](O o, View f, View v) { o.inference.idle_ms = integer(f, v, 0); }},
      {"infStreams", "N", Group::Inference, "contexts that run side by side (1)",
       [](O o, View f, View v) { o.inference.streams = integer(f, v, 1, 1024); }},
      {"streams", "N", Group::Inference, "old name of --infStreams",
       [](O o, View f, View v) { o.inference.streams = integer(f, v, 1, 1024); }},
      {"exposeDMA", "", Group::Inference, "on a GPU, transfers do not overlap the computation of other runs",
       [](O o, View f, View v) {
         o.inference.expose_dma = true;
         no_copies(o, f, v);
       }},
      {"useManagedMemory", "", Group::Inference, "on a GPU, inputs and outputs in memory that moves by itself",
       [](O o, View f, View v) {
         o.inference.managed_memory = true;
         no_copies(o, f, v);
       }},
      {"debugSync", "", Group::Inference, "on a GPU, wait after each layer: slow, but names one that fails",
       [](O o, View f, View v) {
         o.inference.debug_sync = true;
         gpu_only(o, f, v);
       }},
      {"noDataTransfers", "", Group::Inference, "on a GPU, copy inputs and outputs only once",
       [](O o, View f, View v) {
         o.inference.transfers = false;
         no_copies(o, f, v);
       }},
      {"useSpinWait", "", Group::Inference, "wait actively: lower latency, more power",
       [](O o, View, View) { o.inference.spin_wait = true; }},
      {"threads", "", Group::Inference, "one host thread per stream",
       [](O o, View, View) { o.inference.threads = true; }},
      {"cpuThreads", "N", Group::System, "threads of all streams together (default: one per core)",
       [](O o, View f, View v) { o.system.cpu_threads = integer(f, v, 1, 1024); }},
      {"useCudaGraph", "", Group::Inference, "on a GPU, run the network as a graph; always so", gpu_only},
      {"timeDeserialize", "", Group::Inference, "measure loading the engine, and stop",
       [](O o, View, View) { o.inference.time_deserialize = true; }},
      {"separateProfileRun", "", Group::Inference, "profile layers in a run of its own",
       [](O o, View, View) { o.inference.separate_profile_run = true; }},
      {"useProfile", "N", Group::Inference, "optimization profile to run with (0)",
       [](O o, View f, View v) { o.inference.profile = integer(f, v, 0); }},
      {"classify", "DIR", Group::Inference, "classify the images below DIR, one folder a class; prints the accuracy",
       [](O o, View f, View v) { o.inference.classify = not_empty(f, v, "a folder"); }},

      {"verbose", "", Group::Reporting, "log details", [](O o, View, View) { o.reporting.verbose = true; }},
      {"avgRuns", "N", Group::Reporting, "runs averaged per line of the trace (10)",
       [](O o, View f, View v) { o.reporting.avg_runs = integer(f, v, 1); }},
      {"percentile", "P,…", Group::Reporting, "percentiles to report (90,95,99)",
       [](O o, View f, View v) { o.reporting.percentiles = parse_percentiles(f, v); }},
      {"dumpOutput", "", Group::Reporting, "print the outputs of the last run",
       [](O o, View, View) { o.reporting.dump_output = true; }},
      {"dumpRawBindingsToFile", "", Group::Reporting, "write inputs and outputs of the last run as raw files",
       [](O o, View, View) { o.reporting.dump_raw_bindings = true; }},
      {"dumpProfile", "", Group::Reporting, "print the time of every layer",
       [](O o, View, View) { o.reporting.dump_profile = true; }},
      {"dumpLayerInfo", "", Group::Reporting, "print the layers of the engine",
       [](O o, View, View) { o.reporting.dump_layer_info = true; }},
      {"dumpOptimizationProfile", "", Group::Reporting, "print the optimization profiles of the engine",
       [](O o, View, View) { o.reporting.dump_optimization_profile = true; }},
      {"exportTimes", "FILE", Group::Reporting, "write the times of every run as JSON",
       [](O o, View f, View v) { o.reporting.export_times = file(f, v); }},
      {"exportOutput", "FILE", Group::Reporting, "write the outputs of the last run as JSON",
       [](O o, View f, View v) { o.reporting.export_output = file(f, v); }},
      {"exportProfile", "FILE", Group::Reporting, "write the time of every layer as JSON",
       [](O o, View f, View v) { o.reporting.export_profile = file(f, v); }},
      {"exportLayerInfo", "FILE", Group::Reporting, "write the layers of the engine as JSON",
       [](O o, View f, View v) { o.reporting.export_layer_info = file(f, v); }},

      {"device", "N", Group::System, "number of the GPU (0)",
       [](O o, View f, View v) {
         o.system.device = integer(f, v, 0);
         gpu_only(o, f, v);
       }},
  };
}

}  // namespace tenonexec
