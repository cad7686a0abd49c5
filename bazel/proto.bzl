"""Generated code, as cmake/LinktorProto.cmake makes it."""

load(":targets.bzl", "COMMON_COPTS")

def linktor_proto_library(
        name,
        protos,
        root = None,
        grpc = False,
        descriptor_set = None,
        deps = []):
    """A library of generated code without our warnings.

    Its headers are included as "<path below the root>.pb.h" and are system
    headers.

    Args:
      name: the library's.
      protos: files, relative to the root.
      root: what imports and includes are relative to: None is this package,
        else a folder of @debian.
      grpc: services too.
      descriptor_set: a file of that name gets the descriptors of the protos,
        with their comments.
      deps: other libraries of generated code.
    """
    folder = native.package_name()
    sources = protos
    if root:
        folder = "external/debian/" + root
        sources = ["@debian//:{}/{}".format(root, proto) for proto in protos]

    suffixes = ["pb"] + (["grpc.pb"] if grpc else [])
    stems = [
        "{}.{}".format(proto[:-len(".proto")], suffix)
        for proto in protos
        for suffix in suffixes
    ]
    srcs = [stem + ".cc" for stem in stems]
    hdrs = [stem + ".h" for stem in stems]

    tools = ["@debian//:protoc"]
    command = ["$(location @debian//:protoc)"]
    if grpc:
        tools.append("@debian//:grpc_cpp_plugin")
        command += [
            "--plugin=protoc-gen-grpc=$(location @debian//:grpc_cpp_plugin)",
            "--grpc_out=$(RULEDIR)",
        ]
    command += ["--cpp_out=$(RULEDIR)", "--proto_path=" + folder]
    command += ["{}/{}".format(folder, proto) for proto in protos]

    native.genrule(
        name = name + "_generated",
        srcs = sources,
        outs = srcs + hdrs,
        cmd = " ".join(command),
        exec_tools = tools,
        message = "protoc",
    )

    if descriptor_set:
        native.genrule(
            name = name + "_descriptor_set",
            srcs = sources,
            outs = [descriptor_set],
            cmd = " ".join([
                "$(location @debian//:protoc)",
                "--include_source_info",
                "--descriptor_set_out=$@",
                "--proto_path=" + folder,
            ] + ["{}/{}".format(folder, proto) for proto in protos]),
            exec_tools = ["@debian//:protoc"],
            message = "protoc",
            visibility = ["//:__subpackages__"],
        )

    deps = deps + ["@debian//:protobuf"]
    if grpc:
        # Debian's gRPC does not pull in absl::synchronization, whose Mutex the
        # generated code uses.
        deps += ["@debian//:grpc++", "@debian//:absl_synchronization"]
    native.cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        copts = COMMON_COPTS + ["-w"],
        includes = ["."],
        linkstatic = True,
        visibility = ["//:__subpackages__"],
        deps = deps,
    )
