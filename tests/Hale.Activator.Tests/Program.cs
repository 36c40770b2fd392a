using Hale.Activator.Tests.Recovery;

// The test host does not come through here: this is the child that KillTests starts and that dies in the middle.
if (args is ["activate-and-die", var root, var system, var before])
    KillTests.ActivateAndDie(root, system, int.Parse(before));
