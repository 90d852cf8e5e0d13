import { Command } from 'commander';

export const demoCommand = (): Command => new Command('demo').description('the main job on real input');
