using Hale.Activator.Tests.Data;
using Hale.Activator.Tests.Recovery;
using Hale.Activator.Tests.Staging;

// The test host does not come through here: these are the children that tests start, to die in the middle or to be looked into.
if (args is ["activate-and-die", var root, var system, var before])
    KillTests.ActivateAndDie(root, system, int.Parse(before));
else if (args is ["activate-and-tell", var folder, var path])
    LoadingTests.ActivateAndTell(folder, path);
else if (args is ["move-data-and-die", var where, var how, var at])
    DataKillTests.MoveAndDie(where, how, int.Parse(at));
